import { LineCut, OtherSideGone, OtherSideSilent, RelayEnded } from '../line-errors.js';
import { Queue } from './queue.js';
import { finalReason, isNotice, MAX_NOTICE_BYTES } from './notices.js';
import { concat, copyOf, NO_BYTES } from '../bytes.js';
import type { Line } from '../line.js';
import type { Platform } from '../platform.js';
import { FrameReader } from './frames.js';

/** After so long without a byte from the other side, its line counts as cut. In milliseconds. */
const SILENCE_MS = 35_000;

/**
 * Reads frames off a line, one at a time. Nothing is read that nobody asked for: that is the backpressure. It is also
 * why bodies may be views into what the line has read: it reads on when all of them were taken, and one more is asked for.
 */
export class FrameSource {
  readonly #line: Line;
  readonly #platform: Platform;
  readonly #frames = new FrameReader();
  readonly #bodies = new Queue<Uint8Array>();
  /** The last that was read: the relay's notice stands there, also where it had to stop within a frame. */
  #tail: Uint8Array = NO_BYTES;

  constructor(line: Line, platform: Platform) {
    this.#line = line;
    this.#platform = platform;
  }

  /** For the line. */
  take(chunk: Uint8Array): void {
    const kept = chunk.length < MAX_NOTICE_BYTES ? concat([this.#tail, chunk]) : chunk;
    this.#tail = copyOf(kept.subarray(-MAX_NOTICE_BYTES));
    this.#bodies.add(this.#frames.push(chunk));
  }

  /** For the line. */
  space(): Uint8Array | undefined {
    return this.#frames.space;
  }

  /**
   * The next body, which is good until the one after it is asked for.
   * @param dueMs in so long it has to be whole; without it, it has to go on within the usual time
   * @throws LineCut, ProtocolError
   */
  async next(dueMs?: number): Promise<Uint8Array> {
    const dueAt = this.#platform.now() + (dueMs ?? Infinity);
    for (;;) {
      const body = this.#bodies.take();
      if (body !== undefined) return body;
      const { end } = this.#frames;
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        throw endedBy(end.notice);
      }
      let isSilent = false as boolean;
      const stopWaiting = this.#platform.startTimer(
        Math.min(SILENCE_MS, dueAt - this.#platform.now()),
        () => {
          isSilent = true;
          this.#line.abandon();
        },
      );
      try {
        if (await this.#line.read(this)) continue;
      } catch (error) {
        throw isSilent ? new OtherSideSilent() : error;
      } finally {
        stopWaiting();
      }
      const tail = String.fromCharCode(...this.#tail);
      throw isNotice(tail) ? endedBy(tail) : new LineCut();
    }
  }
}

function endedBy(notice: string): LineCut {
  const reason = finalReason(notice);
  return reason === undefined ? new OtherSideGone() : new RelayEnded(reason);
}
