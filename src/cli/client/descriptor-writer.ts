import { fsync, write } from 'node:fs';
import { Writable } from 'node:stream';
import { NO_SYNC } from '../../client/landing/files.js';

/** What `fsync` says of something that has no such thing; of a pipe or a socket EROFS is among it, by fsync(2). */
const CANNOT_SYNC: readonly string[] = [...NO_SYNC, 'EROFS'];

/**
 * Writes to an open file or block device from where it is, and looks that all of it was taken: on a full disk a system takes
 * a part, and says why only when the rest is tried.
 */
export class DescriptorWriter extends Writable {
  readonly #fd: number;

  constructor(fd: number) {
    super({ decodeStrings: true });
    this.#fd = fd;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    write(this.#fd, chunk, 0, chunk.length, null, (error, taken) => {
      if (error !== null) return done(error);
      if (taken === chunk.length) return done();
      if (taken === 0) return done(Object.assign(new Error('Nothing more is taken.'), { code: 'ENOSPC' }));
      this._write(chunk.subarray(taken), _encoding, done);
    });
  }

  /** Resolves when the disk has it all, where there is a disk: some errors of writing show only then. */
  async sync(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      fsync(this.#fd, (error) => {
        if (error === null || CANNOT_SYNC.includes(error.code ?? '')) resolve();
        else reject(error);
      });
    });
  }
}
