import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { about, LandingError, unless } from './errors.js';
import { readJournal, type Kept } from './journal-records.js';
import { dropLock, isLocked, takeLock } from './lock.js';
import { STAGING_PREFIX } from './names.js';

/** Receivers with one code in one directory at a time; each has a staging directory of its own. */
const MAX_BESIDE = 16;
/** Times that another receiver may be quicker before this one gives up. */
const MAX_ATTEMPTS = 16;

/** Everything that this program puts into a staging directory. */
const OWN = /^(?:journal(?:\.new)?|partial|mask|small-[0-9]+|lock-[0-9.a-f]+)$/;

/** What may be gone on with, as found without touching anything. */
export interface Found {
  readonly path: string;
  /** Undefined where nothing of this offer is kept. */
  readonly kept: Kept | undefined;
  /** Bytes of the entry that was under way. */
  readonly partialBytes: number;
  /** Something of another offer is kept there, which would be thrown away. */
  readonly discards: boolean;
}

export function journalIn(staging: string): string {
  return join(staging, 'journal');
}

export function partialIn(staging: string): string {
  return join(staging, 'partial');
}

/** The staging directory to use: the first that holds something of this offer, or else the first that is free. */
export async function findStaging(directory: string, nameplate: string, fingerprint: string): Promise<Found> {
  if (!/^[0-9]{1,32}$/.test(nameplate)) throw new RangeError('A nameplate is digits.');
  let free: Found | undefined;
  for (let n = 1; n <= MAX_BESIDE; n += 1) {
    const path = join(directory, `${STAGING_PREFIX}${nameplate}${n === 1 ? '' : `-${n}`}`);
    const state = await about(path, () => inspect(path));
    if (state === 'absent') free ??= { path, kept: undefined, partialBytes: 0, discards: false };
    if (state !== 'ours') continue;
    const kept = await readJournal(journalIn(path));
    const partialBytes = await sizeOf(partialIn(path));
    if (kept?.fingerprint === fingerprint) return { path, kept, partialBytes, discards: false };
    const discards = partialBytes > 0 || (kept !== undefined && kept.index > 0);
    free ??= { path, kept: undefined, partialBytes: 0, discards };
  }
  if (free !== undefined) return free;
  throw new LandingError(
    'io',
    'Too many receivers use this code in this directory. Choose another with --output.',
  );
}

/** Finds one, and takes it so that no other receiver does. */
export async function takeStaging(
  directory: string,
  nameplate: string,
  fingerprint: string,
): Promise<Found & { readonly lock: string }> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const { path } = await findStaging(directory, nameplate, fingerprint);
    const lock = await about(path, async () => {
      await fs.mkdir(path, { mode: 0o700 }).catch(unless('EEXIST'));
      if ((await inspect(path)) !== 'ours') return undefined;
      // Nobody else reads what is under way, whatever rights somebody gave to it since.
      await fs.chmod(path, 0o700).catch(unless('EPERM', 'ENOTSUP', 'ENOSYS'));
      return takeLock(path);
    });
    if (lock === undefined) continue;
    // Only now nobody else writes there.
    const kept = await readJournal(journalIn(path));
    const isSame = kept?.fingerprint === fingerprint;
    const partialBytes = isSame ? await sizeOf(partialIn(path)) : 0;
    return { path, lock, kept: isSame ? kept : undefined, partialBytes, discards: false };
  }
  throw new LandingError('io', 'Other receivers keep taking this directory. Try again.');
}

/** Gives a staging directory back; `remove`: with all that is kept in it. */
export async function leaveStaging(path: string, lock: string, remove: boolean): Promise<void> {
  if (remove) await clearStaging(path, (name) => !name.startsWith('lock-'));
  await dropLock(lock);
  if (!remove) return;
  await clearStaging(path, (name) => name.startsWith('lock-') && name.includes('.'));
  // What is not empty is another receiver's by now, or holds what is not ours.
  await fs.rmdir(path).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT'));
}

/** Removes those of our own files that `which` names. */
export async function clearStaging(path: string, which: (name: string) => boolean): Promise<void> {
  for (const name of await fs.readdir(path)) {
    if (OWN.test(name) && which(name)) await fs.rm(join(path, name), { force: true });
  }
}

/** `foreign`: in use, or not a directory that only this user writes to, so that nobody can have planted what is in it. */
async function inspect(path: string): Promise<'absent' | 'ours' | 'foreign'> {
  const stats = await fs.lstat(path).catch(unless('ENOENT'));
  if (stats === undefined) return 'absent';
  const isForeign =
    !stats.isDirectory() ||
    (process.geteuid !== undefined && (stats.uid !== process.geteuid() || (stats.mode & 0o022) !== 0));
  return isForeign || (await isLocked(path)) ? 'foreign' : 'ours';
}

async function sizeOf(path: string): Promise<number> {
  const stats = await fs.lstat(path).catch(unless('ENOENT'));
  return stats?.isFile() === true ? stats.size : 0;
}
