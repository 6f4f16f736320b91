import { createHash, type Hash } from 'node:crypto';
import { constants, futimesSync, promises as fs, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf, unless } from './errors.js';
import { openPatiently } from './patience.js';

const READ_BYTES = 1024 * 1024;
/** FAT counts in two seconds. */
const COARSEST_TIME_MS = 2000;

/** Never through a link, and without waiting for the other end of a pipe. Both are 0 where a system has none. */
const READ_SAFELY = constants.O_RDONLY | noFollow() | nonBlocking();

function noFollow(): number {
  return process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
}

function nonBlocking(): number {
  return process.platform === 'win32' ? 0 : constants.O_NONBLOCK;
}

/** All of `data` at `position`, however many calls it takes. */
export async function writeAll(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    done += (await handle.write(data, done, data.length - done, position + done)).bytesWritten;
  }
}

/** The same on this thread, from the start, for what goes to the system's memory at once. */
export function writeAllNow(file: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += writeSync(file, data, done, data.length - done, done);
}

/** Adds what an open file has from `from` to its end to a hash. @returns how many bytes that were */
export async function addToHash(hash: Hash, handle: FileHandle, from: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let at = from; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return at - from;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** SHA-256 of a file's bytes; undefined where there is none that may be read. */
export async function digestOf(path: string): Promise<Buffer | undefined> {
  const opening = openPatiently(() => fs.open(path, READ_SAFELY));
  const handle = await opening.catch(unless('ENOENT', 'ELOOP', 'EACCES'));
  if (handle === undefined) return undefined;
  try {
    const hash = createHash('sha256');
    await addToHash(hash, handle, 0);
    return hash.digest();
  } finally {
    await handle.close();
  }
}

/** Whether a regular file is at `path` that has the size, the time and the bytes of the one at `like`. */
export async function isAlike(path: string, like: string): Promise<boolean> {
  const [there, wanted] = await Promise.all([
    fs.lstat(path).catch(unless('ENOENT', 'ENOTDIR')),
    fs.lstat(like),
  ]);
  if (there === undefined || !there.isFile() || there.size !== wanted.size) return false;
  if (Math.abs(there.mtimeMs - wanted.mtimeMs) > COARSEST_TIME_MS) return false;
  const [digest, wantedDigest] = [await digestOf(path), await digestOf(like)];
  return digest !== undefined && wantedDigest !== undefined && digest.equals(wantedDigest);
}

/**
 * A time as `utimes` takes it without losing a millisecond. As seconds in a double it may be cut to the one before, so
 * half a microsecond is added where there are any; and Node takes a negative number for the present.
 */
export function fileTime(modifiedMs: number): Date | number {
  if (modifiedMs < 0 || modifiedMs % 1000 === 0) return new Date(modifiedMs);
  return (modifiedMs + 0.0005) / 1000;
}

/** Sets a file's time of change. Times that the file system cannot hold are left out: the bytes matter more. */
export async function setModified(handle: FileHandle, modifiedMs: number): Promise<void> {
  const time = fileTime(modifiedMs);
  await handle.utimes(time, time).catch(unless('EINVAL', 'EPERM', 'ENOSYS', 'ENOTSUP'));
}

/** The same on this thread. */
export function setModifiedNow(file: number, modifiedMs: number): void {
  const time = fileTime(modifiedMs);
  try {
    futimesSync(file, time, time);
  } catch (error) {
    unless('EINVAL', 'EPERM', 'ENOSYS', 'ENOTSUP')(error);
  }
}

/** What fsync says where a file system has no such thing: some of the network, and some in user space. */
export const NO_SYNC = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY'] as const;

/** @param onUnknown called where the file system cannot say whether it is on the disk, which is no reason to fail */
export async function synced(syncing: Promise<void>, onUnknown: () => void): Promise<void> {
  await syncing.catch((error: unknown) => {
    unless(...NO_SYNC)(error);
    onUnknown();
  });
}

/** Makes the names in a directory last. Windows and some network file systems have no such thing. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await openPatiently(() => fs.open(path, READ_SAFELY));
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (['EIO', 'ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')) throw error;
  }
}
