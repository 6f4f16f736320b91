import { FrameReader } from './frames.js';
import type { Line } from '../../client/line.js';
import { LineCut, OtherSideGone, OtherSideSilent, RelayEnded } from '../../client/line-cut.js';
import { Queue } from '../../client/queue.js';
import { finalReason, isNotice, MAX_NOTICE_BYTES } from '../../client/relay-endings.js';
import { wasCut } from '../../client/unreachable.js';

/** After so long without a byte from the other side, its line counts as cut. In milliseconds. */
const SILENCE_MS = 35_000;

/**
 * Reads frames off a line, one at a time. Nothing is read that nobody asked for: that is the backpressure. It is also
 * why bodies may be views into what the line has read: it reads on when all of them were taken, and one more is asked for.
 */
export class FrameSource {
  readonly #line: Line;
  readonly #reader = new FrameReader();
  readonly #bodies = new Queue<Buffer>();
  #wake: () => void = () => undefined;
  #failure: Error | undefined;
  /** The last that was read: the relay's notice stands there, also where it had to stop within a frame. */
  #tail = Buffer.alloc(0);
  #isDraining = false;

  constructor(line: Line) {
    this.#line = line;
    const fail = (why: string, cause?: Error): void => {
      this.#failure ??= new LineCut(why, { cause });
      this.#wake();
    };
    line.on('end', () => {
      const tail = this.#tail.toString('latin1');
      this.#failure ??= isNotice(tail) ? endedBy(tail) : undefined;
      fail('The line was cut.');
    });
    line.on('error', (error) => fail(wasCut(error), error));
    line.on('close', () => fail('The line was cut.'));
    const take = (chunk: Buffer): void => {
      if (this.#isDraining) return void line.resume();
      this.#keepTail(chunk);
      this.#bodies.add(this.#reader.push(chunk));
      this.#wake();
    };
    line.readBy(take, () => this.#reader.space);
  }

  #keepTail(chunk: Buffer): void {
    const kept = chunk.length < MAX_NOTICE_BYTES ? Buffer.concat([this.#tail, chunk]) : chunk;
    this.#tail = Buffer.from(kept.subarray(-MAX_NOTICE_BYTES));
  }

  /** Reads and forgets the rest, up to the end: a relay's notice, for instance. */
  drain(): void {
    this.#isDraining = true;
    this.#line.resume();
  }

  /**
   * The next body, which is good until the one after it is asked for.
   * @param dueMs in so long it has to be whole; without it, it has to go on within the usual time
   * @throws LineCut, ProtocolError
   */
  async next(dueMs?: number): Promise<Buffer> {
    const dueAt = performance.now() + (dueMs ?? Infinity);
    for (;;) {
      const body = this.#bodies.take();
      if (body !== undefined) return body;
      const { end } = this.#reader;
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        throw endedBy(end.notice);
      }
      if (this.#failure !== undefined) throw this.#failure;
      const heard = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), Math.min(SILENCE_MS, dueAt - performance.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
        this.#line.resume();
      });
      if (!heard) throw new OtherSideSilent();
    }
  }
}

function endedBy(notice: string): LineCut {
  const reason = finalReason(notice);
  return reason === undefined ? new OtherSideGone() : new RelayEnded(reason);
}
