import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { modeOf, setModified } from './files.js';

/** Entries up to this size are gathered in memory and written in one go, several side by side. */
export const MAX_SMALL_BYTES = 256 * 1024;

/** An entry that is small enough to be held in memory until it is whole. */
export class SmallFile {
  readonly #bytes: Buffer;
  #offset = 0;

  /** @param size bytes, at most `MAX_SMALL_BYTES` */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  get size(): number {
    return this.#bytes.length;
  }

  get offset(): number {
    return this.#offset;
  }

  /** What is there so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#offset);
  }

  /** SHA-256 of the bytes so far. */
  digest(): Buffer {
    return createHash('sha256').update(this.bytes).digest();
  }

  async write(chunk: Buffer): Promise<void> {
    this.#offset += chunk.copy(this.#bytes, this.#offset);
    return Promise.resolve();
  }

  /** Writes it to a new file, synced and closed. */
  async store(path: string, modifiedMs: number, executable: boolean): Promise<void> {
    const handle = await fs.open(path, 'wx', modeOf(executable));
    try {
      await handle.writeFile(this.bytes);
      await setModified(handle, modifiedMs);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    return Promise.resolve();
  }
}

/** An entry that has its final name already: its process was killed before it could note that down. */
export class LandedFile {
  readonly offset: number;
  readonly #sha256: Buffer;

  constructor(size: number, sha256: Buffer) {
    this.offset = size;
    this.#sha256 = sha256;
  }

  digest(): Buffer {
    return this.#sha256;
  }

  /** Leaves the file alone: it is what it should be, whatever comes of this entry. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    return Promise.resolve();
  }
}
