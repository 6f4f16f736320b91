import type { Voice, Words } from '../dialects/dialect.js';
import { hangUp, type HangUpTimes } from '../wire/hang-up.js';
import type { Inlet } from '../wire/inlet.js';
import type { Wire } from '../wire/wire.js';
import type { Ending } from '../observer.js';

/** One client that has shaken hands: its wire, what it sends, how it is spoken to, and how it was over. */
export class Link {
  readonly wire: Wire;
  readonly inlet: Inlet;
  readonly voice: Voice;
  /** The first cause of its end, or its loss. */
  ending: Ending | undefined;
  /** Bytes of the relay's own words that left. */
  #ownBytes = 0;
  #dismissed = false;

  constructor(wire: Wire, inlet: Inlet, voice: Voice) {
    this.wire = wire;
    this.inlet = inlet;
    this.voice = voice;
  }

  /** Payload bytes that were written to this client. */
  get bytesOut(): number {
    return Math.max(0, this.wire.bytesWritten - this.#ownBytes);
  }

  /** The relay's own words; undefined is not said. */
  say(words: Words | undefined): void {
    const { stream } = this.wire;
    if (words === undefined || !stream.writable) return;
    stream.write(words, (error) => {
      if (!error) this.#ownBytes += Buffer.byteLength(words);
    });
  }

  /** Its peer is gone: the last words behind all that was written, then FIN. It may go on writing to us. */
  farewell(ending: Ending, lastWords: Words | undefined): void {
    const { stream } = this.wire;
    if (stream.writableEnded) return;
    this.ending ??= ending;
    this.say(lastWords);
    stream.end();
  }

  /** Nothing that it writes is of use any more: what was written to it goes out, then it is closed. */
  dismiss(times: HangUpTimes, flushTimeoutMs?: number): void {
    if (this.#dismissed) return;
    this.#dismissed = true;
    this.inlet.destroy();
    hangUp(this.wire, times, flushTimeoutMs);
  }
}
