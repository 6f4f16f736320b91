import { promises as fs, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { Anchor } from './anchor.js';
import { LandingError } from '../../transfer/landing.js';
import { about, unless } from './errors.js';
import { readJournal, type Kept } from './journal-records.js';
import { dropLock, isLocked, takeLock } from '../../files/process-lock.js';
import { STAGING_PREFIX } from '../../transfer/names.js';

/** Receivers with one code in one directory at a time; each has a staging directory of its own. */
const MAX_BESIDE = 16;
/** Times that another receiver may be quicker before this one gives up. */
const MAX_ATTEMPTS = 16;

/** Everything that this program puts into a staging directory. */
const OWN = /^(?:journal(?:\.new)?|partial|mask|names:\?|small-[0-9]+|lock-[0-9.a-f]+)$/;

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
  let planted = 0;
  for (let n = 1; n <= MAX_BESIDE; n += 1) {
    const path = join(directory, `${STAGING_PREFIX}${nameplate}${n === 1 ? '' : `-${n}`}`);
    const state = await about(path, () => inspect(path));
    if (state === 'absent') free ??= { path, kept: undefined, partialBytes: 0, discards: false };
    if (state === 'foreign') planted += 1;
    if (state !== 'ours') continue;
    const kept = await readJournal(journalIn(path));
    const partialBytes = await sizeOf(partialIn(path));
    if (kept?.fingerprint === fingerprint) return { path, kept, partialBytes, discards: false };
    const discards = partialBytes > 0 || (kept !== undefined && kept.index > 0);
    free ??= { path, kept: undefined, partialBytes: 0, discards };
  }
  if (free !== undefined) return free;
  if (planted > 0)
    throw new LandingError(
      'io',
      `${planted} of the ${MAX_BESIDE} names ${STAGING_PREFIX}${nameplate} to -${MAX_BESIDE} are taken there by what is ` +
        'not yours, or no directory, or open to others. Remove them, or choose another directory with --output.',
    );
  throw new LandingError(
    'io',
    'Too many receivers use this code in this directory. Choose another with --output.',
  );
}

/** A staging directory that this process has. */
export interface TakenStaging {
  /** It is kept hold of: others may do with its name what they can. */
  readonly anchor: Anchor;
  /** In the directory where things land. */
  readonly name: string;
  readonly lock: string;
  /** Undefined where nothing of this offer is kept. */
  readonly kept: Kept | undefined;
}

/** Finds one, and takes it so that no other receiver does. */
export async function takeStaging(
  directory: Anchor,
  nameplate: string,
  fingerprint: string,
): Promise<TakenStaging> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const { path } = await findStaging(directory.path, nameplate, fingerprint);
    const taken = await about(path, () => take(path, fingerprint));
    if (taken !== undefined) return { ...taken, name: basename(path) };
  }
  throw new LandingError('io', 'Other receivers keep taking this directory. Try again.');
}

async function take(path: string, fingerprint: string): Promise<Omit<TakenStaging, 'name'> | undefined> {
  await fs.mkdir(path, { mode: 0o700 }).catch(unless('EEXIST'));
  const anchor = await Anchor.open(path).catch(unless('ENOENT', 'ELOOP', 'ENOTDIR'));
  if (anchor === undefined) return undefined;
  try {
    // What is kept hold of is looked at, and not what its name has come to mean.
    if (isOurs(await anchor.stat())) {
      // Nobody else reads what is under way, whatever rights somebody gave to it since.
      await fs.chmod(anchor.path, 0o700).catch(unless('EPERM', 'ENOTSUP', 'ENOSYS'));
      const lock = await takeLock(anchor.path);
      if (lock !== undefined) {
        // Only now nobody else writes there.
        const kept = await readJournal(journalIn(anchor.path));
        return { anchor, lock, kept: kept?.fingerprint === fingerprint ? kept : undefined };
      }
    }
  } catch (error) {
    await anchor.close();
    throw error;
  }
  await anchor.close();
  return undefined;
}

/** Gives a staging directory back; `remove`: with all that is kept in it. */
export async function leaveStaging(
  directory: Anchor,
  { anchor, name, lock }: Pick<TakenStaging, 'anchor' | 'name' | 'lock'>,
  remove: boolean,
): Promise<void> {
  try {
    if (remove) await clearStaging(anchor.path, (each) => !each.startsWith('lock-'));
    await dropLock(lock);
    if (!remove) return;
    await clearStaging(anchor.path, (each) => each.startsWith('lock-') && each.includes('.'));
  } finally {
    await anchor.close();
  }
  // What is not empty is another receiver's by now, or holds what is not ours.
  await fs.rmdir(join(directory.path, name)).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'));
}

/** Removes those of our own files that `which` names. */
export async function clearStaging(path: string, which: (name: string) => boolean): Promise<void> {
  for (const name of await fs.readdir(path)) {
    if (OWN.test(name) && which(name)) await fs.rm(join(path, name), { force: true });
  }
}

/** `foreign`: not a directory that only this user writes to, so that somebody may have planted what is in it. */
async function inspect(path: string): Promise<'absent' | 'ours' | 'in-use' | 'foreign'> {
  const stats = await fs.lstat(path).catch(unless('ENOENT'));
  if (stats === undefined) return 'absent';
  if (!isOurs(stats)) return 'foreign';
  return (await isLocked(path)) ? 'in-use' : 'ours';
}

function isOurs(stats: Stats): boolean {
  if (!stats.isDirectory()) return false;
  return process.geteuid === undefined || (stats.uid === process.geteuid() && (stats.mode & 0o022) === 0);
}

async function sizeOf(path: string): Promise<number> {
  const stats = await fs.lstat(path).catch(unless('ENOENT'));
  return stats?.isFile() === true ? stats.size : 0;
}
