import { constants, promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../transfer/entry.js';
import { unless } from './errors.js';
import { openPatiently } from './patience.js';

/** File systems without rights, and those that are somebody else's business. */
const NO_RIGHTS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'] as const;

/** What may be given at all: neither setuid, setgid nor sticky. */
const RIGHTS = 0o777;
const INHERITED = 0o2000;
/** Its owner lists a directory, and goes on in it; what is in it lands before it gets its rights. */
const ENTERED = 0o500;

/**
 * Rights of an entry as its sender has them, before the system takes the umask from them. A sender that does not say
 * them (of an earlier version, on Windows, of a stream) says whether a file is executable.
 */
export function rightsOf({ kind, executable, mode }: Entry): number {
  if (kind === 'directory') return mode === undefined ? 0o755 : (mode & RIGHTS) | ENTERED;
  return mode === undefined ? (executable ? 0o755 : 0o644) : mode & RIGHTS;
}

/** What is left of all rights for something new there: the umask, or what the file system makes of it. */
export async function readMask(staging: string): Promise<number> {
  const probe = join(staging, 'mask');
  await fs.rm(probe, { force: true });
  const handle = await openPatiently(() => fs.open(probe, 'wx', RIGHTS));
  try {
    return (await handle.stat()).mode & RIGHTS;
  } finally {
    await handle.close();
    await fs.rm(probe, { force: true });
  }
}

/** @param path of a directory; not through a link. Windows keeps none of these rights for one, and cannot open it so. */
export async function setDirectoryRights(path: string, wanted: number): Promise<void> {
  if (process.platform === 'win32') return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await openPatiently(() => fs.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  try {
    await setRights(handle, (await handle.stat()).mode, wanted);
  } finally {
    await handle.close();
  }
}

/**
 * Gives a file or a directory these rights. What a directory of the receiver's passes on to new ones in it (setgid) stays.
 *
 * @param current its mode
 */
export async function setRights(file: FileHandle, current: number, wanted: number): Promise<void> {
  if ((current & RIGHTS) === wanted) return;
  await file.chmod((current & INHERITED) | wanted).catch(unless(...NO_RIGHTS));
}
