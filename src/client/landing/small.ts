import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { setModified, setModifiedNow, writeAllNow } from './files.js';
import { Prompt } from './prompt.js';

/** Entries up to this size are gathered in memory and written in one go, several side by side. */
export const MAX_SMALL_BYTES = 256 * 1024;

const disk = new Prompt();

/** An entry that is small enough to be held in memory until it is whole. */
export class SmallFile {
  readonly #bytes: Buffer;
  #offset = 0;
  #sync: (() => Promise<void>) | undefined;

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
  digest(): Promise<Buffer> {
    return Promise.resolve(createHash('sha256').update(this.bytes).digest());
  }

  async write(chunk: Buffer): Promise<void> {
    this.#offset += chunk.copy(this.#bytes, this.#offset);
    return Promise.resolve();
  }

  /** So many zeros. */
  async skip(bytes: number): Promise<void> {
    this.#bytes.fill(0, this.#offset, this.#offset + bytes);
    this.#offset += bytes;
    return Promise.resolve();
  }

  /** Writes it to a new file, which `sync` closes; on this thread, if the file system has room for it at once. */
  async store(path: string, modifiedMs: number, rights: number): Promise<void> {
    this.#sync = await disk.ask(
      () => this.#storeNow(path, modifiedMs, rights),
      () => this.#storeLater(path, modifiedMs, rights),
    );
  }

  /** All that was stored is on the disk. */
  async sync(): Promise<void> {
    await this.#sync?.();
  }

  #storeNow(path: string, modifiedMs: number, rights: number): () => Promise<void> {
    const file = fs.openSync(path, 'wx', rights);
    try {
      writeAllNow(file, this.bytes);
      setModifiedNow(file, modifiedMs);
    } catch (error) {
      fs.closeSync(file);
      throw error;
    }
    return () => syncAndClose(file);
  }

  async #storeLater(path: string, modifiedMs: number, rights: number): Promise<() => Promise<void>> {
    const handle = await fs.promises.open(path, 'wx', rights);
    try {
      await handle.writeFile(this.bytes);
      await setModified(handle, modifiedMs);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return () => handle.sync().finally(() => handle.close());
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    return Promise.resolve();
  }
}

/** By way of another thread. */
async function syncAndClose(file: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      fs.fsync(file, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    fs.closeSync(file);
  }
}

/** An entry that has its final name already: its process was killed before it could note that down. */
export class LandedFile {
  readonly offset: number;
  readonly #digest: () => Promise<Buffer | undefined>;

  /** @param digest of what it holds; undefined where it cannot be read */
  constructor(size: number, digest: () => Promise<Buffer | undefined>) {
    this.offset = size;
    this.#digest = digest;
  }

  /** SHA-256 of what it holds. One that cannot be read has no bytes. */
  async digest(): Promise<Buffer> {
    return (await this.#digest()) ?? createHash('sha256').digest();
  }

  /** Leaves the file alone: it is what it should be, whatever comes of this entry. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    return Promise.resolve();
  }
}
