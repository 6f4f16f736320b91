import { type Stats } from 'node:fs';
import { Anchor, canAnchor } from './anchor.js';

/** Kept hold of at once: those that something is being placed in, and the last one. */
const MAX_OPEN = 4;

interface Held {
  readonly key: string;
  readonly anchor: Anchor;
  readonly stats: Stats;
  users: number;
}

/**
 * Keeps hold of the directory that things land in, for as long as they land in the same one: what comes in a row does, as a
 * rule. Each is reached from the top part by part, and no part is followed if it is a link.
 */
export class Parents {
  readonly #top: Anchor;
  #last: Held | undefined;
  #open = 0;
  #reaching: Promise<unknown> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(top: Anchor) {
    this.#top = top;
  }

  /**
   * @param parts of the directory, as they are called on the disk
   * @param seen what a look at its name has found just now; where it is another one than before, it is reached anew
   * @param work is given what names in the directory are put behind
   */
  async within<T>(
    parts: readonly string[],
    seen: Stats | undefined,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    if (seen === undefined) return work(this.#top.path);
    if (!canAnchor()) return work([this.#top.path, ...parts].join('/'));
    const held = await this.#hold(parts, seen);
    try {
      return await work(held.anchor.path);
    } finally {
      held.users -= 1;
      await this.#closeUnused(held);
    }
  }

  /** When nothing lands any more. */
  async close(): Promise<void> {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) await this.#closeUnused(last);
    await this.#top.close();
  }

  async #hold(parts: readonly string[], seen: Stats): Promise<Held> {
    const known = this.#reuse(parts, seen);
    if (known !== undefined) return known;
    // One after the other: many that each hold a part of their way would leave no file to open for the rest of it.
    const reached = this.#reaching.then(() => this.#reuse(parts, seen) ?? this.#holdAnew(parts));
    this.#reaching = reached.catch(() => undefined);
    return reached;
  }

  #reuse(parts: readonly string[], seen: Stats): Held | undefined {
    const last = this.#last;
    const isSame =
      last?.key === parts.join('/') && last.stats.ino === seen.ino && last.stats.dev === seen.dev;
    if (last === undefined || !isSame) return undefined;
    last.users += 1;
    return last;
  }

  async #holdAnew(parts: readonly string[]): Promise<Held> {
    while (this.#open >= MAX_OPEN) await new Promise<void>((resolve) => (this.#wake = resolve));
    const anchor = await this.#reach(parts);
    this.#open += 1;
    const held = { key: parts.join('/'), anchor, stats: await anchor.stat(), users: 1 };
    const before = this.#last;
    this.#last = held;
    if (before !== undefined) await this.#closeUnused(before);
    return held;
  }

  async #reach(parts: readonly string[]): Promise<Anchor> {
    let at = this.#top;
    for (const part of parts) {
      try {
        const next = await Anchor.open(`${at.path}/${part}`);
        if (at !== this.#top) await at.close();
        at = next;
      } catch (error) {
        if (at !== this.#top) await at.close();
        throw error;
      }
    }
    return at;
  }

  async #closeUnused(held: Held): Promise<void> {
    if (held.users > 0 || held === this.#last) return;
    await held.anchor.close();
    this.#open -= 1;
    this.#wake();
  }
}
