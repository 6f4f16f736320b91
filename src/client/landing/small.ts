import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setModified, setModifiedNow, synced, writeAllNow } from './files.js';
import { isOutOfFiles, openPatiently } from './patience.js';
import { Prompt } from './prompt.js';

/** Entries up to this size are gathered in memory and written in one go, several side by side. */
export const MAX_SMALL_BYTES = 256 * 1024;

const disk = new Prompt();

/** An entry that is small enough to be held in memory until it is whole. */
export class SmallFile {
  readonly #bytes: Buffer;
  #offset = 0;
  /** What is open, by its number or as a handle. */
  #stored: number | FileHandle | undefined;
  #later: (() => Promise<FileHandle>) | undefined;

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

  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes.set(chunk, this.#offset);
    this.#offset += chunk.length;
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
    const later = (): Promise<FileHandle> => this.#storeLater(path, modifiedMs, rights);
    try {
      this.#stored = await disk.ask<number | FileHandle>(
        () => this.#storeNow(path, modifiedMs, rights),
        later,
      );
    } catch (error) {
      if (!isOutOfFiles(error)) throw error;
      // Those beside it are closed when they are synced.
      this.#later = later;
    }
  }

  /**
   * All that was stored is on the disk.
   *
   * @param onUnknown called where the file system cannot say whether it is
   */
  async sync(onUnknown: () => void): Promise<void> {
    const later = this.#later;
    const stored = later === undefined ? this.#stored : await openPatiently(later);
    if (typeof stored === 'number') await syncAndClose(stored, onUnknown);
    else if (stored !== undefined) await synced(stored.sync(), onUnknown).finally(() => stored.close());
  }

  #storeNow(path: string, modifiedMs: number, rights: number): number {
    const file = fs.openSync(path, 'wx', rights);
    try {
      writeAllNow(file, this.bytes);
      setModifiedNow(file, modifiedMs);
    } catch (error) {
      fs.closeSync(file);
      throw error;
    }
    return file;
  }

  async #storeLater(path: string, modifiedMs: number, rights: number): Promise<FileHandle> {
    const handle = await fs.promises.open(path, 'wx', rights);
    try {
      await handle.writeFile(this.bytes);
      await setModified(handle, modifiedMs);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    return Promise.resolve();
  }
}

/** By way of another thread. */
async function syncAndClose(file: number, onUnknown: () => void): Promise<void> {
  const syncing = new Promise<void>((resolve, reject) => {
    fs.fsync(file, (error) => (error === null ? resolve() : reject(error)));
  });
  await synced(syncing, onUnknown).finally(() => fs.closeSync(file));
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
