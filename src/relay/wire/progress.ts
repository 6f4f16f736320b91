import { unacknowledgedBytes } from './kernel-queue.js';
import type { Wire } from './wire.js';

export interface ProgressWatchOptions {
  /** How long nothing may move, in milliseconds. */
  readonly limitMs: number;
  readonly now: () => number;
  /** The wires that bytes are on their way to. */
  readonly towards: readonly Wire[];
  /** The relay itself lets nothing move now: that time does not count. */
  readonly isHeldBack?: () => boolean;
  /** Called once, when nothing has moved for the limit. The watch is over then. */
  readonly onStuck: () => void;
}

/**
 * Tells when nothing moves any more. Whoever moves bytes calls `touch()`; progress that Node does not show,
 * out of full buffers to a slow reader, is looked up in the kernel, but only when little else has moved.
 * (`socket.setTimeout` would not do: it fires on a socket that backpressure has paused.)
 */
export class ProgressWatch {
  readonly #options: ProgressWatchOptions;
  #movedAt: number;
  #timer: NodeJS.Timeout | undefined;
  /** The last look at the queues since anything moved; empty when nothing is on its way, and none will be. */
  #queues: string | undefined;

  constructor(options: ProgressWatchOptions) {
    this.#options = options;
    this.#movedAt = options.now();
    this.#schedule();
  }

  touch(): void {
    this.#movedAt = this.#options.now();
    this.#queues = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    const { limitMs, now } = this.#options;
    const left = this.#movedAt + limitMs - now();
    // Several looks within the limit: only the difference between two shows that a queue moves.
    this.#timer = setTimeout(() => void this.#check(), Math.max(1, Math.min(left, limitMs / 4)));
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const { limitMs, now, onStuck, isHeldBack } = this.#options;
    if (isHeldBack?.() === true) this.touch();
    if (now() - this.#movedAt >= limitMs / 4) {
      if (this.#queues !== '') {
        const queues = await this.#readQueues();
        if (this.#timer === undefined) return;
        if (this.#queues !== undefined && this.#queues !== queues) this.#movedAt = now();
        this.#queues = queues;
      }
      if (now() - this.#movedAt >= limitMs) {
        this.stop();
        onStuck();
        return;
      }
    }
    this.#schedule();
  }

  /** What waits for each wire's client, in Node and in the kernel; empty where nothing waits. */
  async #readQueues(): Promise<string> {
    const queues = await Promise.all(
      this.#options.towards.map(async (wire) => {
        const unacknowledged = (await unacknowledgedBytes(wire.tcp)) ?? 0;
        const unsent = wire.stream.writableLength;
        return unsent + unacknowledged === 0 ? '' : `${unsent}+${unacknowledged}`;
      }),
    );
    return queues.join(' ').trim();
  }
}
