/** Buffers are of sizes from this to `LARGEST_BYTES`, each the double of the one before. */
export const SMALLEST_BYTES = 64 * 1024;
/** Larger ones cost more CPU a byte again: they do not stay in a core's cache. */
export const LARGEST_BYTES = 512 * 1024;
/** Buffers that a reader has at most: one on its way, and one that is read into next. */
const EACH = 2;

/** How often those who read nothing give their buffer back, and what is free goes back to the system. */
const SWEEP_MS = 2_000;

export interface PoolReader {
  /** Gives back what it does not need, where it has read nothing since it was asked last. */
  rest(): void;
}

/**
 * Large read buffers for those who move much, with a cap on all of them together. Under the cap everyone's share is
 * the same: with many readers the buffers are smaller.
 */
export class BufferPool {
  #limit: number;
  readonly #readers = new Set<PoolReader>();
  readonly #free = new Map<number, Buffer[]>();
  /** Bytes that are lent or free. */
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #onUnsupported: () => void;

  /**
   * @param limit bytes; below the smallest buffer nobody gets one
   * @param onUnsupported called once, when it turns out that nobody can use any here
   */
  constructor(limit: number, onUnsupported: () => void = () => undefined) {
    this.#limit = limit;
    this.#onUnsupported = onUnsupported;
  }

  /** Bytes of all buffers, lent and free. */
  get bytes(): number {
    return this.#bytes;
  }

  join(reader: PoolReader): void {
    this.#readers.add(reader);
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  leave(reader: PoolReader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#trim();
  }

  /** One of `wanted` bytes or more, or the largest that is to be had; undefined where nothing is left. */
  take(wanted: number): Buffer | undefined {
    const share = this.#limit / (EACH * Math.max(1, this.#readers.size));
    let size = LARGEST_BYTES;
    while (size > SMALLEST_BYTES && (size / 2 >= wanted || size > share)) size /= 2;
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) return free;
    if (this.#bytes + size > this.#limit) this.#trim();
    if (this.#bytes + size > this.#limit) return undefined;
    this.#bytes += size;
    return Buffer.allocUnsafeSlow(size);
  }

  /** Nobody reads this one any more, and nobody writes to it. */
  give(buffer: Buffer): void {
    const free = this.#free.get(buffer.length);
    if (free === undefined) this.#free.set(buffer.length, [buffer]);
    else free.push(buffer);
  }

  /** Whether this one is in use still cannot be told: it is the garbage collector's. */
  abandon(buffer: Buffer): void {
    this.#bytes -= buffer.length;
  }

  /** Nobody can read into these on this system: there are none from now on. */
  unsupported(): void {
    if (this.#limit === 0) return;
    this.#limit = 0;
    this.#trim();
    this.#onUnsupported();
  }

  /** Lets the readers that rest give theirs back, and gives the system what is free. */
  sweep(): void {
    for (const reader of this.#readers) reader.rest();
    this.#trim();
  }

  #trim(): void {
    for (const [size, buffers] of this.#free) this.#bytes -= size * buffers.length;
    this.#free.clear();
  }
}
