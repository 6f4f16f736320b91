/** What a message of data holds where the line is slow, or nobody knows yet: so much is what a cut line loses at once. */
export const SMALL_BYTES = 256 * 1024;
/**
 * And where it is fast: what a message costs, whatever its size, counts there. The receiver writes it in one go, and some
 * systems take longer to find memory for 1 MiB of a file at once than for the same in halves.
 */
export const LARGE_BYTES = 512 * 1024;

/** So much is looked at together: more than what fits into the buffers between the two sides, which take it at once. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** A line that takes a window in less is fast: 16 MiB/s, a large message in 31 ms. In milliseconds. */
const WINDOW_MS = 1_000;

/** How much of a file goes into one message, by how fast the line has taken what went before. */
export class Pace {
  readonly #clock: () => number;
  #messageBytes = SMALL_BYTES;
  #bytes = 0;
  #since: number;

  /** @param clock in milliseconds, never going back */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#since = clock();
  }

  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** The line has taken so many bytes more. */
  took(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < WINDOW_BYTES) return;
    const now = this.#clock();
    this.#messageBytes = now - this.#since <= WINDOW_MS ? LARGE_BYTES : SMALL_BYTES;
    this.#bytes = 0;
    this.#since = now;
  }
}
