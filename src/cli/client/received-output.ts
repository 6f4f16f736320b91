import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { escapeText } from '../text/escape.js';
import type { Io } from './io.js';
import type { Reporter } from './reporter.js';

/** So much of a text is held back until all of it is there: then no sentence about a cut stands in its middle. */
const HELD_BYTES = 64 * 1024;

/**
 * What is received, on a terminal. It begins and ends a line of its own there, whatever is said and drawn around it on
 * the same terminal; what is written to a terminal is there when `write` returns, so the order of calls is the order of
 * what is seen.
 */
export class ReceivedOutput extends Writable {
  readonly #terminal: Io['stdout'];
  readonly #lineEnds: Writable | undefined;
  readonly #isText: boolean;
  readonly #decoder = new StringDecoder('utf8');
  #beforeShown: () => void = () => undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  /** A carriage return at the end of a piece: with the line feed that may follow it is a line end, alone it acts. */
  #openReturn = '';
  #isLineOpen = false;
  #isBegun = false;

  /**
   * @param isText of a text everything that a terminal acts on is escaped, and it gets the line end that it lacks; other
   *   bytes go to standard output as they are, and the line end to standard error, if that is a terminal too
   */
  constructor({ stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>, isText: boolean) {
    super({ decodeStrings: true });
    this.#terminal = stdout;
    this.#lineEnds = isText ? stdout : stderr.isTTY === true ? stderr : undefined;
    this.#isText = isText;
    // Other bytes may be somebody's log, to be seen as it is written.
    if (isText) this.#held = [];
  }

  /** Something of it is on the screen. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** @param clear takes away what is drawn where it is about to stand */
  onBeforeShown(clear: () => void): void {
    this.#beforeShown = clear;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#held === undefined) return this.#show(this.#shownAs(chunk), done);
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > HELD_BYTES) return this.#showHeld(done);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.finish(done);
  }

  /** No more will come: shows what was held back, and ends the line. */
  finish(done: (error?: Error | null) => void = () => undefined): void {
    this.#showHeld();
    if (this.#isText) this.#show(this.#openReturn + this.#decoder.end());
    this.#openReturn = '';
    this.freshLine(done);
  }

  /** Ends a line that is not finished, for a sentence to stand below it. */
  freshLine(done: (error?: Error | null) => void = () => undefined): void {
    if (!this.#isLineOpen || this.#lineEnds === undefined) return done();
    this.#isLineOpen = false;
    this.#lineEnds.write('\n', done);
  }

  #showHeld(done: (error?: Error | null) => void = () => undefined): void {
    const held = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    this.#show(this.#shownAs(held), done);
  }

  #shownAs(chunk: Buffer): string | Buffer {
    if (!this.#isText) return chunk;
    const text = this.#openReturn + this.#decoder.write(chunk);
    this.#openReturn = text.endsWith('\r') ? '\r' : '';
    return this.#openReturn === '' ? text : text.slice(0, -1);
  }

  #show(piece: string | Buffer, done: (error?: Error | null) => void = () => undefined): void {
    if (piece.length === 0) return done();
    this.#beforeShown();
    this.#isBegun = true;
    const shown = typeof piece === 'string' ? escapeText(piece.replaceAll('\r\n', '\n')) : piece;
    this.#isLineOpen = typeof shown === 'string' ? !shown.endsWith('\n') : shown.at(-1) !== 0x0a;
    this.#terminal.write(shown, done);
  }
}

/** Says what `reporter` says around the output, and never on a line of it. */
export function around(output: ReceivedOutput, reporter: Reporter): Reporter {
  output.onBeforeShown(reporter.pause);
  return {
    ...reporter,
    report(event) {
      // What moves would be drawn over what has come so far.
      if (event.event === 'progress' && output.isBegun) return;
      if (event.event === 'done') output.finish();
      else output.freshLine();
      reporter.report(event);
    },
    notice(sentence) {
      output.freshLine();
      reporter.notice(sentence);
    },
    failed(code, sentence, again) {
      output.finish();
      reporter.failed(code, sentence, again);
    },
  };
}
