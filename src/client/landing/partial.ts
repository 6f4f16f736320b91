import { createHash, type Hash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from './errors.js';
import { addToHash, setModified, synced, writeAll } from './files.js';
import { openPatiently } from './patience.js';
import { setRights } from './rights.js';

/** Chunks under this many bytes are gathered, which costs less than a call to the system for each. */
const GATHER_BELOW_BYTES = 64 * 1024;
const GATHERED_BYTES = 256 * 1024;
/** Every so often what was written is sent to the disk meanwhile, so that the end does not wait for all of it. */
const SYNC_EVERY_BYTES = 32 * 1024 * 1024;

/** The file of an entry that is under way. */
export class PartialFile {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Over the first bytes, as far as somebody asked for them. */
  readonly #hash: Hash = createHash('sha256');
  #hashed = 0;
  /** Bytes that were taken, those still gathered too. */
  #offset: number;
  /** The last of them are zeros that only the file's size has to tell of. */
  #endsInHole = false;
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;
  /** What was given to the system last. After a failure it stays so: nothing behind a gap counts. */
  #writing: Promise<void> = Promise.resolve();
  #unsynced = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: Error | undefined;

  private constructor(path: string, handle: FileHandle, offset: number) {
    this.path = path;
    this.#handle = handle;
    this.#offset = offset;
  }

  /** An empty one, in place of any other. What was there is unlinked and not emptied: it may have another name too. */
  static async create(path: string, rights: number): Promise<PartialFile> {
    await fs.rm(path, { force: true });
    // A later process opens it again, to go on: its owner has to be able to, until it is sealed.
    const handle = await openPatiently(() => fs.open(path, 'wx+', rights | 0o600));
    return new PartialFile(path, handle, 0);
  }

  /**
   * One that an earlier process left. Undefined where there is none, or one that has a second name: a
   * byte written to it would stand there too.
   */
  static async reopen(path: string): Promise<PartialFile | undefined> {
    const stats = await fs.lstat(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return undefined;
    });
    if (stats === undefined || !stats.isFile() || stats.nlink > 1 || stats.size === 0) return undefined;
    const handle = await openPatiently(() => fs.open(path, 'r+'));
    return new PartialFile(path, handle, stats.size);
  }

  get offset(): number {
    return this.#offset;
  }

  /** SHA-256 of the bytes so far, as the system has them. Each is read once, however often it is asked for. */
  async digest(): Promise<Buffer> {
    await this.flush();
    this.#hashed += await addToHash(this.#hash, this.#handle, this.#hashed);
    return this.#hash.copy().digest();
  }

  /**
   * Small chunks are copied and gathered. Others must stay as they are: one is written while its caller gets the next, and
   * whether that went well is told by whatever is called next.
   */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.length < GATHER_BELOW_BYTES) {
      if (this.#gatheredBytes + chunk.length > GATHERED_BYTES) await this.#flush();
      this.#gathered ??= Buffer.allocUnsafeSlow(GATHERED_BYTES);
      this.#gathered.set(chunk, this.#gatheredBytes);
      this.#gatheredBytes += chunk.length;
      this.#advance(chunk.length, false);
      return;
    }
    await this.#flush();
    this.#give(chunk, this.#offset);
    this.#advance(chunk.length, false);
  }

  /** So many zeros, which the file system need not store: a hole, where it has holes. */
  async skip(bytes: number): Promise<void> {
    if (bytes === 0) return;
    await this.#flush();
    this.#advance(bytes, true);
  }

  /** The system has every byte that was taken. */
  async flush(): Promise<void> {
    await this.#flush();
    if (!this.#endsInHole) return;
    await this.#handle.truncate(this.#offset);
    this.#endsInHole = false;
  }

  /**
   * All of it is on the disk, with its time and its rights, and closed.
   *
   * @param onUnknown called where the file system cannot say whether it is
   */
  async seal(modifiedMs: number, rights: number, onUnknown: () => void = () => undefined): Promise<void> {
    try {
      await this.flush();
      const { mode } = await this.#handle.stat();
      await setRights(this.#handle, mode, rights);
      await this.#syncing;
      if (this.#syncFailure !== undefined) throw this.#syncFailure;
      await setModified(this.#handle, modifiedMs);
      await synced(this.#handle.sync(), onUnknown);
    } finally {
      await this.#syncing;
      await this.#handle.close();
    }
  }

  /** Keeps what is there for another time, as far as it can be written. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#syncing;
      await this.#handle.close();
    }
  }

  async discard(): Promise<void> {
    this.#gatheredBytes = 0;
    this.#endsInHole = false;
    // What is thrown away need not have been written.
    this.#writing = this.#writing.catch(() => undefined);
    await this.close();
    await fs.rm(this.path, { force: true });
  }

  #advance(bytes: number, isHole: boolean): void {
    this.#offset += bytes;
    this.#endsInHole = isHole;
  }

  /** The same but for a hole at the end: what is written behind it makes it. */
  async #flush(): Promise<void> {
    await this.#writing;
    const bytes = this.#gatheredBytes;
    if (this.#gathered === undefined || bytes === 0) return;
    this.#gatheredBytes = 0;
    this.#give(this.#gathered.subarray(0, bytes), this.#offset - bytes);
    await this.#writing;
  }

  /** Only when nothing else is being written. */
  #give(data: Uint8Array, position: number): void {
    this.#writing = writeAll(this.#handle, data, position).then(() => this.#syncSometimes(data.length));
    // It is awaited later.
    this.#writing.catch(() => undefined);
  }

  #syncSometimes(bytes: number): void {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_EVERY_BYTES || this.#syncing !== undefined) return;
    this.#unsynced = 0;
    this.#syncing = synced(this.#handle.datasync(), () => undefined)
      // Linux tells of a failed write once: it must not be lost here.
      .catch((error: unknown) => {
        this.#syncFailure = error instanceof Error ? error : new Error(String(error));
      })
      .then(() => (this.#syncing = undefined));
  }
}
