import { NONE } from './slot-index.js';

/**
 * Slots in line, in one of several queues each: doubly linked lists in typed arrays. Every step takes the same time,
 * however many stand in line. (The insertion order of a Map would not do: what finds its first key walks over all
 * those that were deleted before it.)
 */
export class SlotQueues {
  readonly #capacity: number;
  readonly #before: Uint32Array;
  readonly #after: Uint32Array;

  constructor(capacity: number, queues: number) {
    this.#capacity = capacity;
    this.#before = new Uint32Array(capacity + 1 + queues);
    this.#after = new Uint32Array(capacity + 1 + queues);
    // Each queue is a ring, closed by a link of its own above the slots.
    for (let queue = 0; queue < queues; queue += 1) this.#join(this.#ends(queue), this.#ends(queue));
  }

  /** The slot that has stood longest in a queue, or NONE. */
  first(queue: number): number {
    const first = this.#after[this.#ends(queue)] ?? NONE;
    return first > this.#capacity ? NONE : first;
  }

  /** Adds a slot that is in no queue to the end of one. */
  add(queue: number, slot: number): void {
    const ends = this.#ends(queue);
    this.#join(this.#before[ends] ?? NONE, slot);
    this.#join(slot, ends);
  }

  /** Takes a slot out of the queue that it is in. */
  remove(slot: number): void {
    this.#join(this.#before[slot] ?? NONE, this.#after[slot] ?? NONE);
  }

  #ends(queue: number): number {
    return this.#capacity + 1 + queue;
  }

  #join(before: number, after: number): void {
    this.#after[before] = after;
    this.#before[after] = before;
  }
}
