/**
 * Bytes that may pass, at a rate. What nobody takes is kept for a quarter of a second: enough for a timer that fires
 * late, and never more than 2.5% over the rate in any ten seconds.
 */
const KEPT_MS = 250;

export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #capacity: number;
  readonly #now: () => number;
  #bytes: number;
  #filledAt: number;

  /**
   * @param rate bytes a second
   * @param slice what has to be there before something passes; so much is in it at the start
   * @param now milliseconds that never go back
   */
  constructor(rate: number, slice: number, now: () => number) {
    this.#bytesPerMs = rate / 1000;
    this.#capacity = Math.max(slice, KEPT_MS * this.#bytesPerMs);
    this.#now = now;
    this.#bytes = slice;
    this.#filledAt = now();
  }

  /** What may pass now. */
  get level(): number {
    const now = this.#now();
    this.#bytes = Math.min(this.#capacity, this.#bytes + (now - this.#filledAt) * this.#bytesPerMs);
    this.#filledAt = now;
    return this.#bytes;
  }

  /** Milliseconds until so many bytes may pass; 0: now. */
  msUntil(bytes: number): number {
    return Math.max(0, bytes - this.level) / this.#bytesPerMs;
  }

  /** So many have passed, no more than there were. */
  spend(bytes: number): void {
    this.#bytes -= bytes;
  }
}
