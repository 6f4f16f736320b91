/** A clock and its timers that move only when they are told to. */
export class SimulatedTime {
  #now = 0;
  readonly #timers = new Map<
    number,
    { readonly at: number; readonly ms: number; readonly callback: () => void }
  >();
  #count = 0;

  readonly now = (): number => this.#now;

  readonly setTimer = (callback: () => void, ms: number): (() => void) => {
    const id = ++this.#count;
    this.#timers.set(id, { at: this.#now + ms, ms, callback });
    return () => this.#timers.delete(id);
  };

  get pending(): number {
    return this.#timers.size;
  }

  /** Passes so many milliseconds. Timers fire in their order, and those that are not for now so many milliseconds late. */
  pass(ms: number, lateMs: () => number = () => 0): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort(([, one], [, other]) => one.at - other.at);
      if (next === undefined || next[1].at > end) break;
      const [id, { at, ms: after, callback }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, Math.min(end, at + (after === 0 ? 0 : lateMs())));
      callback();
    }
    this.#now = end;
  }
}
