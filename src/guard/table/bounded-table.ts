import { createFingerprint } from './fingerprint.js';
import { NONE, SlotIndex } from './slot-index.js';
import { SlotQueues } from './slot-queues.js';

/** How many ended entries one new key clears away: more than one, so that they run out; few, so that no key waits. */
const CLEARED_PER_KEY = 4;

/** The queue of entries that may have to make room. A block among them leaves it when its turn would have come. */
const COUNTS = 0;
/** The queue of blocks. */
const BLOCKS = 1;

export interface BoundedTableOptions {
  /** Most keys at once. Each takes 40 bytes, and none before the table has been that full. */
  readonly capacity: number;
  /** An entry with more points than this is a block. */
  readonly limit: number;
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
}

interface Entry {
  readonly points: number;
  /** The first moment at which it no longer counts, by the table's clock. */
  readonly endsAt: number;
}

/**
 * Points by key, each until its own end, in bounded memory and without timers.
 *
 * To make room the table drops what has ended first, then the oldest entry that is not a block. A block stays until
 * it ends: if it could be pushed out, flooding the table with other keys would lift it. Every operation takes the
 * same time whatever the number of keys, or the flood would cost more here than at its origin.
 *
 * All that `add` and `set` start must last equally long, and so must all that `block` starts: then the order in which entries
 * joined their queue is the order in which they end.
 */
export class BoundedTable {
  readonly #capacity: number;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #fingerprint = createFingerprint();
  readonly #index: SlotIndex;
  readonly #queues: SlotQueues;
  readonly #points: Float64Array;
  readonly #endsAt: Float64Array;

  constructor({ capacity, limit, now }: BoundedTableOptions) {
    this.#capacity = capacity;
    this.#limit = limit;
    this.#now = now;
    this.#index = new SlotIndex(capacity);
    this.#queues = new SlotQueues(capacity, 2);
    this.#points = new Float64Array(capacity + 1);
    this.#endsAt = new Float64Array(capacity + 1);
  }

  /** Entries, those included that have ended and were not cleared away yet. */
  get size(): number {
    return this.#index.size;
  }

  /** The entry of a key, unless it has ended. */
  get(key: string): Entry | undefined {
    // Every connection asks, and as a rule nobody has failed.
    if (this.size === 0) return undefined;
    const slot = this.#index.find(this.#fingerprint(key));
    return slot === NONE || this.#hasEnded(slot) ? undefined : this.#entry(slot);
  }

  isBlocked(key: string): boolean {
    const entry = this.get(key);
    return entry !== undefined && entry.points > this.#limit;
  }

  /**
   * Adds to a key's points and leaves its end alone. A key that is new, or whose entry has ended, starts with them.
   * @returns undefined where there is no room: all other entries are active blocks.
   */
  add(key: string, points: number, lastsMs: number): Entry | undefined {
    const fingerprint = this.#fingerprint(key);
    const slot = this.#index.find(fingerprint);
    if (slot === NONE || this.#hasEnded(slot)) return this.#start(COUNTS, fingerprint, points, lastsMs);
    this.#points[slot] = this.#pointsOf(slot) + points;
    return this.#entry(slot);
  }

  /** Gives a key these points and a new end, whatever it had; not as a block, however many they are. */
  set(key: string, points: number, lastsMs: number): void {
    this.#start(COUNTS, this.#fingerprint(key), points, lastsMs);
  }

  /**
   * Begins a block: gives a key these points, more than the limit, and a new end, whatever it had.
   * @returns undefined where there is no room: all other entries are active blocks.
   */
  block(key: string, points: number, lastsMs: number): Entry | undefined {
    return this.#start(BLOCKS, this.#fingerprint(key), points, lastsMs);
  }

  delete(key: string): boolean {
    return this.size > 0 && this.#drop(this.#index.find(this.#fingerprint(key)));
  }

  #start(queue: number, fingerprint: number, points: number, lastsMs: number): Entry | undefined {
    this.#drop(this.#index.find(fingerprint));
    if (!this.#makeRoom()) return undefined;
    const slot = this.#index.claim(fingerprint);
    this.#queues.add(queue, slot);
    this.#points[slot] = points;
    this.#endsAt[slot] = this.#now() + lastsMs;
    return this.#entry(slot);
  }

  #makeRoom(): boolean {
    for (let cleared = 0; cleared < CLEARED_PER_KEY; cleared += 1) {
      if (!this.#dropEnded(COUNTS) && !this.#dropEnded(BLOCKS)) break;
    }
    return this.size < this.#capacity || this.#dropOldestCount();
  }

  #dropEnded(queue: number): boolean {
    const slot = this.#queues.first(queue);
    return slot !== NONE && this.#hasEnded(slot) && this.#drop(slot);
  }

  #dropOldestCount(): boolean {
    let oldest = this.#queues.first(COUNTS);
    while (oldest !== NONE && this.#pointsOf(oldest) > this.#limit) {
      // Once in a block's life, and the one that ends first goes first, so that the blocks stay in order too.
      this.#queues.remove(oldest);
      this.#queues.add(BLOCKS, oldest);
      oldest = this.#queues.first(COUNTS);
    }
    return this.#drop(oldest);
  }

  #drop(slot: number): boolean {
    if (slot === NONE) return false;
    this.#queues.remove(slot);
    this.#index.release(slot);
    return true;
  }

  #hasEnded(slot: number): boolean {
    return (this.#endsAt[slot] ?? 0) <= this.#now();
  }

  #pointsOf(slot: number): number {
    return this.#points[slot] ?? 0;
  }

  #entry(slot: number): Entry {
    return { points: this.#pointsOf(slot), endsAt: this.#endsAt[slot] ?? 0 };
  }
}
