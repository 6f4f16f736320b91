import { BoundedTable } from './table/bounded-table.js';

export interface BlockMakersOptions {
  /** Codes that are counted, and attempts that are remembered, together. Of more, the oldest are forgotten. */
  readonly capacity: number;
  /** From the first attempt that counts to the last moment of the block that it may lead to. */
  readonly lastsMs: number;
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
}

/**
 * Whose failed attempts made the block of a code. Who is forgotten is let in: it would be, too, from another source.
 *
 * Each attempt has a number, and a code has that of the first one in its present count: the attempts behind it are those
 * that count.
 */
export class BlockMakers {
  readonly #numbers: BoundedTable;
  readonly #lastsMs: number;
  #attempts = 0;

  constructor({ capacity, lastsMs, now }: BlockMakersOptions) {
    this.#numbers = new BoundedTable({ capacity, limit: Infinity, now });
    this.#lastsMs = lastsMs;
  }

  /**
   * @param place the source at the room: a key that is no room's name
   * @param isFirst with it the room's count starts
   */
  failed(room: string, place: string, isFirst: boolean): void {
    this.#attempts += 1;
    if (isFirst) this.#numbers.set(room, this.#attempts, this.#lastsMs);
    this.#numbers.set(place, this.#attempts, this.#lastsMs);
  }

  /** An attempt from there is among those of the room's present count. */
  has(room: string, place: string): boolean {
    const first = this.#numbers.get(room)?.points;
    const last = this.#numbers.get(place)?.points;
    return first !== undefined && last !== undefined && last >= first;
  }
}
