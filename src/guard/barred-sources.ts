/** Blocks at once: more than a person types, and few enough to be listed. Each takes some 150 bytes. */
const CAPACITY = 10_000;

/** A source that is refused by somebody's wish, and for how much longer. */
export interface BarredSource {
  readonly source: string;
  readonly leftMs: number;
}

/**
 * Sources that the operator blocks, each for a time of its own. (The table of blocks that failed attempts lead to is one in
 * which all last equally long, and which forgets whose they are.) Without timers: who is out of time goes when it is noticed.
 */
export class BarredSources {
  readonly #now: () => number;
  /** Source to the first moment at which it may come in again. */
  readonly #endsAt = new Map<string, number>();

  /** @param now milliseconds, of a clock that does not go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** From now on, for so long, whatever it had. False, and nothing done, where there are too many. */
  bar(source: string, forMs: number): boolean {
    if (!this.#endsAt.has(source) && this.#endsAt.size >= CAPACITY && this.list().length >= CAPACITY)
      return false;
    this.#endsAt.set(source, this.#now() + forMs);
    return true;
  }

  admit(source: string): void {
    this.#endsAt.delete(source);
  }

  has(source: string): boolean {
    // Every connection asks, and as a rule there are none.
    if (this.#endsAt.size === 0) return false;
    return (this.#endsAt.get(source) ?? 0) > this.#now();
  }

  /** All of them, in the order in which they were named. */
  list(): BarredSource[] {
    const now = this.#now();
    for (const [source, endsAt] of this.#endsAt) if (endsAt <= now) this.#endsAt.delete(source);
    return [...this.#endsAt].map(([source, endsAt]) => ({ source, leftMs: Math.ceil(endsAt - now) }));
  }
}
