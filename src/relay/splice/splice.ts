import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { EndReason } from '../../protocol/replies.js';
import type { BulkShare } from '../wire/bulk/bulk-reads.js';
import type { Meter } from '../costs/meter.js';
import { MeteredFlow } from '../costs/metered-flow.js';
import { FanOut } from './fan-out.js';
import type { HangUpTimes } from '../wire/hang-up.js';
import type { Inlet } from '../wire/inlet.js';
import type { Link } from './link.js';
import type { Direction } from '../observer.js';
import { ProgressWatch } from '../wire/progress.js';
import { unsentOf } from '../wire/wire.js';

export interface SpliceOptions {
  readonly idleTimeoutMs: number;
  readonly stallTimeoutMs: number;
  /** How a client is hung up on that is done. */
  readonly hangUp: HangUpTimes;
  readonly share: BulkShare;
  /** What may pass, and how fast; undefined where nothing is limited. */
  readonly meter?: Meter | undefined;
  readonly now: () => number;
  readonly onRelayed: (direction: Direction, bytes: number) => void;
  /** One receiver of several is out; the others go on. */
  readonly onDropped: (receiver: Link) => void;
  /** The pairing is over for everyone; what the relay still holds goes out behind it. Called once. */
  readonly onOver: (cause: EndReason) => void;
}

/**
 * Pipes a sender and its receivers together until they are done, and tells each side when the other is gone.
 *
 * FIN is a half-close: the other side gets every byte, its notice and FIN, and may go on writing. A side that
 * is lost ends the pairing at once; what the relay holds of it still goes out before the notice.
 */
export class Splice {
  readonly #sender: Link;
  readonly #all: readonly Link[];
  /** The receivers that are not lost or dropped. */
  readonly #receivers: Set<Link>;
  readonly #options: SpliceOptions;
  readonly #watch: ProgressWatch;
  readonly #fanOut: FanOut | undefined;
  #over = false;
  /** Directions in which something may still move. */
  #open = 2;
  /** The first thing that ended it for everyone. */
  #cause: EndReason | undefined;

  constructor(sender: Link, receivers: readonly Link[], options: SpliceOptions) {
    this.#sender = sender;
    this.#all = [sender, ...receivers];
    this.#receivers = new Set(receivers);
    this.#options = options;
    this.#watch = new ProgressWatch({
      limitMs: options.idleTimeoutMs,
      now: options.now,
      towards: this.#all.map((link) => link.wire),
      isHeldBack: () => options.meter?.isHeldBack ?? false,
      onStuck: () => this.stop('idle'),
    });
    if (receivers.length > 1) this.#fanOut = this.#fan(receivers);
    this.#count(sender, 'to_receiver');
    // Of several receivers, what they write goes nowhere.
    if (this.#fanOut === undefined) for (const receiver of receivers) this.#count(receiver, 'to_sender');
    for (const link of this.#all) this.#watchWire(link);
    void this.#forward(receivers);
    void this.#backward(receivers);
    this.#openInlets(receivers);
    options.meter?.start(() => this.stop('age-limit'));
  }

  /** Ends it for everyone, whatever is on its way. */
  stop(reason: EndReason, flushTimeoutMs = this.#options.hangUp.lingerMs): void {
    this.#finish(reason);
    // No payload may follow the notice.
    this.#fanOut?.destroy();
    for (const link of this.#all) {
      link.inlet.destroy();
      this.#bid(link, this.#cause ?? reason);
      link.dismiss(this.#options.hangUp, flushTimeoutMs);
    }
    this.#settle();
  }

  /** This one is gone: its wire closed, or a newcomer has its place. */
  lose(link: Link, ending: EndReason = 'lost'): void {
    const isReceiver = this.#receivers.delete(link);
    if (this.#over || (!isReceiver && link !== this.#sender)) return;
    link.ending = ending;
    // Where a newcomer took its place, it may still be there to hear it.
    this.#bid(link, ending);
    if (isReceiver && this.#receivers.size > 0) {
      this.#fanOut?.drop(link.wire);
      link.dismiss(this.#options.hangUp);
      this.#options.onDropped(link);
      return;
    }
    this.#finish('lost');
    // What it sent before still goes out; what was on its way to it does not.
    link.inlet.cut();
    for (const other of isReceiver ? [this.#sender] : this.#all.slice(1)) other.inlet.destroy();
  }

  /** From the sender to its receivers, then their notices. */
  async #forward(receivers: readonly Link[]): Promise<void> {
    const { inlet } = this.#sender;
    const [receiver] = receivers;
    if (this.#fanOut !== undefined) await this.#pass(inlet, this.#fanOut, 'to_receiver');
    else if (receiver !== undefined) await this.#pass(inlet, receiver.wire.stream, 'to_receiver');
    for (const link of this.#receivers) this.#bid(link, inlet.end ?? 'lost');
    this.#close();
  }

  /** From the receiver to its sender (from several, to nobody), then its notice. */
  async #backward(receivers: readonly Link[]): Promise<void> {
    const flows = receivers.map(({ inlet }) => {
      if (this.#fanOut === undefined) return this.#pass(inlet, this.#sender.wire.stream, 'to_sender');
      inlet.resume();
      return settled(finished(inlet));
    });
    await Promise.all(flows);
    this.#bid(this.#sender, receivers.some(({ inlet }) => inlet.end === 'closed') ? 'closed' : 'lost');
    this.#close();
  }

  /** One direction is done. After both, everybody is let go. */
  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#settle();
    this.#finish('closed');
    const { hangUp, idleTimeoutMs } = this.#options;
    for (const link of this.#all) link.dismiss(hangUp, idleTimeoutMs);
  }

  #settle(): void {
    this.#watch.stop();
    this.#options.meter?.stop();
  }

  /** Through the meter, where there is one. A fan-out is waited for: it holds some back. */
  async #pass(inlet: Inlet, to: Writable, direction: Direction): Promise<void> {
    const { meter, idleTimeoutMs } = this.#options;
    if (meter === undefined) return await pipe(inlet, to, to === this.#fanOut);
    const limit = await new MeteredFlow({
      from: inlet,
      to,
      meter,
      copies: () => this.#copies(direction),
      onPassed: (bytes) => this.#passed(direction, bytes),
    }).run();
    if (to === this.#fanOut) await settled(finished(inlet.destroyed ? to.destroy() : to.end()));
    // What was passed on still arrives.
    if (limit !== undefined) this.stop(limit, idleTimeoutMs);
  }

  #finish(cause: EndReason): void {
    if (this.#over) return;
    this.#over = true;
    this.#cause = cause;
    this.#options.onOver(cause);
  }

  #bid(link: Link, reason: EndReason): void {
    link.farewell(reason, link.voice.disconnected(reason));
  }

  #fan(receivers: readonly Link[]): FanOut {
    const { stallTimeoutMs, now } = this.#options;
    return new FanOut(
      receivers.map(({ wire }) => wire),
      {
        stallTimeoutMs,
        now,
        onStalled: (wire) => {
          const link = receivers.find((receiver) => receiver.wire === wire);
          // A reset, not FIN: what this one got must not look like a whole file.
          wire.reset();
          if (link !== undefined) this.lose(link, 'idle');
        },
      },
    );
  }

  /** Counts what comes in as passed on; behind a meter it may wait for long. */
  #count({ inlet }: Link, direction: Direction): void {
    if (this.#options.meter !== undefined) return;
    const count = (bytes: number): void => this.#passed(direction, bytes);
    if (inlet.bytes > 0) count(inlet.bytes);
    inlet.onBytes = count;
  }

  #passed(direction: Direction, bytes: number): void {
    this.#watch.touch();
    this.#options.onRelayed(direction, bytes * this.#copies(direction));
  }

  #copies(direction: Direction): number {
    return direction === 'to_sender' ? 1 : this.#receivers.size;
  }

  #openInlets(receivers: readonly Link[]): void {
    const { share, meter } = this.#options;
    const fanOut = this.#fanOut;
    // Large reads would fill large buffers that leave slowly.
    if (meter?.hasRate === true) {
      for (const { inlet } of this.#all) inlet.open(share);
      return;
    }
    // One that was dropped counts on: what it was given may still be on its way.
    const unsent = (): number =>
      (fanOut?.writableLength ?? 0) + Math.max(...receivers.map(({ wire }) => unsentOf(wire)));
    this.#sender.inlet.open(share, unsent);
    for (const { inlet } of receivers) {
      if (fanOut === undefined) inlet.open(share, () => unsentOf(this.#sender.wire));
      else inlet.open(share);
    }
  }

  #watchWire(link: Link): void {
    const { inlet } = link;
    const { stream } = link.wire;
    const atClose = (): void => {
      // Both halves were closed in order: nothing is lost.
      if (inlet.end !== 'closed' || !stream.writableFinished) this.lose(link);
    };
    stream.on('drain', () => this.#watch.touch());
    if (stream.closed) queueMicrotask(atClose);
    // (It closes once; `once` would cost more.)
    else stream.on('close', atClose);
  }
}

/**
 * Many directions never carry a byte, and many others carry one chunk. Those are spared the pipeline, which costs as much
 * as all the rest of a short pairing: it makes an AbortController, and aborts it with an error and its stack.
 *
 * @param end whether a pipeline has to wait until `to` has passed everything on, since it holds some back
 */
async function pipe(inlet: Inlet, to: Writable, end: boolean): Promise<void> {
  if ((await inlet.hasMore()) && to.writable) to.write(inlet.read());
  if (await inlet.hasMore()) await settled(pipeline(inlet, to, { end }));
}

/** A pipeline fails when a socket does. That socket's own 'close' is what is acted on. */
async function settled(flow: Promise<unknown>): Promise<void> {
  await flow.catch(() => undefined);
}
