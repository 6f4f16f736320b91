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

/** Somebody's records that are not paid for. */
interface Debt {
  /** When it is paid: what one that has owed from the beginning has paid by then, in records. */
  readonly due: number;
  readonly onRested: () => void;
}

/**
 * What those who send records of a few bytes may cost together. All who owe pay at once, each as much as any other: who
 * owes much waits for long, and whoever has sent a few does not wait for all that the others owe.
 */
export class RecordRation {
  readonly #options: RationOptions;
  /** The first that is due before the others; of those due together, who came first. */
  readonly #debts: Debt[] = [];
  /** What one that has owed from the beginning has paid, in records, and up to when. */
  #paid = 0;
  #paidAt = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(options: RationOptions = { now: () => performance.now(), setTimer: setUnrefTimer }) {
    this.#options = options;
  }

  /**
   * So many were taken: calls back when the next may be.
   * @returns what cancels the call
   */
  rest(records: number, onRested: () => void): () => void {
    this.#pay();
    const debt = { due: this.#paid + records, onRested };
    const later = this.#debts.findIndex(({ due }) => due > debt.due);
    this.#debts.splice(later < 0 ? this.#debts.length : later, 0, debt);
    this.#waitForFirst();
    return () => {
      const at = this.#debts.indexOf(debt);
      if (at < 0) return;
      this.#pay();
      this.#debts.splice(at, 1);
      this.#waitForFirst();
    };
  }

  #pay(): void {
    const now = this.#options.now();
    const each = RECORDS_PER_MS / Math.max(1, this.#debts.length);
    this.#paid += (now - this.#paidAt) * each;
    this.#paidAt = now;
  }

  #waitForFirst(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    const [first] = this.#debts;
    if (first === undefined) return;
    const ms = ((first.due - this.#paid) * this.#debts.length) / RECORDS_PER_MS;
    this.#cancelTimer = this.#options.setTimer(() => this.#letGo(), Math.max(0, Math.ceil(ms)));
  }

  #letGo(): void {
    this.#pay();
    const paid = this.#debts.filter(({ due }) => due <= this.#paid);
    this.#debts.splice(0, paid.length);
    this.#waitForFirst();
    for (const { onRested } of paid) onRested();
  }
}

function setUnrefTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
