/**
 * Records of a few bytes that are taken in a millisecond, from all connections together. Each costs the relay as much as one
 * of 16 KiB: some ten microseconds, so this is a third of the event loop's time.
 */
export const RECORDS_PER_MS = 32;

export interface RationOptions {
  readonly now: () => number;
  /** Runs a callback once, after so many milliseconds; gives what cancels it. */
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/** What those who send records of a few bytes may cost together. First come, first served. */
export class RecordRation {
  readonly #options: RationOptions;
  /** When all that was taken is paid for. */
  #paidAt = -Infinity;

  constructor(options: RationOptions = { now: () => performance.now(), setTimer: setUnrefTimer }) {
    this.#options = options;
  }

  /**
   * So many were taken: calls back when the next may be.
   * @returns what cancels the call
   */
  rest(records: number, onRested: () => void): () => void {
    const now = this.#options.now();
    this.#paidAt = Math.max(now, this.#paidAt) + records / RECORDS_PER_MS;
    return this.#options.setTimer(onRested, Math.ceil(this.#paidAt - now));
  }
}

function setUnrefTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
