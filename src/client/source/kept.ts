import { createHash, type Hash } from 'node:crypto';

/** Small pieces share memory of so many bytes: each in memory of its own would cost more than is in it. */
const SLAB_BYTES = 64 * 1024;
const SMALL_BYTES = 16 * 1024;

interface Slab {
  readonly memory: Buffer;
  filled: number;
}

/** The bytes of a stream that may have to be sent again, and a hash of all that were before them. */
export class Kept {
  readonly #slabs: Slab[] = [];
  readonly #hash = createHash('sha256');
  /** How much of the first slab is let go. */
  #skipped = 0;
  #from = 0;
  #bytes = 0;
  #letGo = 0;

  /** Where in the stream the first of them is. */
  get from(): number {
    return this.#from;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Over what was let go. */
  hash(): Hash {
    return this.#hash.copy();
  }

  /** @returns a copy, which stays as it is */
  add(piece: Uint8Array): Buffer {
    let last = this.#slabs.at(-1);
    if (last === undefined || last.memory.length - last.filled < piece.length) {
      const bytes = piece.length < SMALL_BYTES ? SLAB_BYTES : piece.length;
      last = { memory: Buffer.allocUnsafeSlow(bytes), filled: 0 };
      this.#slabs.push(last);
    }
    last.memory.set(piece, last.filled);
    const copy = last.memory.subarray(last.filled, last.filled + piece.length);
    last.filled += piece.length;
    this.#bytes += piece.length;
    this.#release();
    return copy;
  }

  /** All that are kept now. */
  pieces(): readonly Buffer[] {
    return this.#slabs
      .map(({ memory, filled }, at) => memory.subarray(at === 0 ? this.#skipped : 0, filled))
      .filter(({ length }) => length > 0);
  }

  /** Nothing in the stream before there is sent again, also of what is still to come. */
  letGo(before: number): void {
    this.#letGo = Math.max(this.#letGo, before);
    this.#release();
  }

  #release(): void {
    for (let first = this.#slabs[0]; first !== undefined; first = this.#slabs[0]) {
      const end = Math.min(first.filled, this.#skipped + this.#letGo - this.#from);
      this.#hash.update(first.memory.subarray(this.#skipped, end));
      this.#from += end - this.#skipped;
      this.#bytes -= end - this.#skipped;
      this.#skipped = end;
      // The last one takes more, as long as it has room.
      if (end < first.filled || (this.#slabs.length === 1 && end < first.memory.length)) return;
      this.#slabs.shift();
      this.#skipped = 0;
    }
  }
}
