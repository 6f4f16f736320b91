/** No slot; real ones begin at 1, so that memory which is still zero says "none" everywhere. */
export const NONE = 0;

/**
 * Which slot of a table belongs to a key, by the key's fingerprint: a hash table with chains, in typed arrays.
 *
 * A Map of strings and objects would do, were it not for the garbage collector: under a flood each entry lives just
 * long enough to be moved among the old objects, and the process grows to several times what it holds.
 */
export class SlotIndex {
  /** Slot to fingerprint. */
  readonly #fingerprints: Float64Array;
  /** Bucket to the first slot of its chain. */
  readonly #chains: Uint32Array;
  /** Slot to the next one of its chain or, where it is free, to the next free one. */
  readonly #next: Uint32Array;
  #firstFree = NONE;
  /** Slots above this one were never used, and their memory was never touched. */
  #highest = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#fingerprints = new Float64Array(capacity + 1);
    this.#chains = new Uint32Array(2 ** Math.ceil(Math.log2(capacity)));
    this.#next = new Uint32Array(capacity + 1);
  }

  get size(): number {
    return this.#size;
  }

  find(fingerprint: number): number {
    let slot = this.#chains[this.#bucket(fingerprint)] ?? NONE;
    while (slot !== NONE && this.#fingerprints[slot] !== fingerprint) slot = this.#nextOf(slot);
    return slot;
  }

  /** Gives a free slot to a fingerprint that has none. There must be one: fewer are in use than the capacity. */
  claim(fingerprint: number): number {
    const bucket = this.#bucket(fingerprint);
    const slot = this.#takeFree();
    this.#fingerprints[slot] = fingerprint;
    this.#next[slot] = this.#chains[bucket] ?? NONE;
    this.#chains[bucket] = slot;
    this.#size += 1;
    return slot;
  }

  /** Takes back a slot that is in use. */
  release(slot: number): void {
    const bucket = this.#bucket(this.#fingerprints[slot] ?? 0);
    let before = this.#chains[bucket] ?? NONE;
    if (before === slot) {
      this.#chains[bucket] = this.#nextOf(slot);
    } else {
      while (this.#nextOf(before) !== slot) before = this.#nextOf(before);
      this.#next[before] = this.#nextOf(slot);
    }
    this.#next[slot] = this.#firstFree;
    this.#firstFree = slot;
    this.#size -= 1;
  }

  #takeFree(): number {
    if (this.#firstFree === NONE) return (this.#highest += 1);
    const slot = this.#firstFree;
    this.#firstFree = this.#nextOf(slot);
    return slot;
  }

  #nextOf(slot: number): number {
    return this.#next[slot] ?? NONE;
  }

  #bucket(fingerprint: number): number {
    return fingerprint & (this.#chains.length - 1);
  }
}
