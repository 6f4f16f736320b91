import { promises as fs } from 'node:fs';
import { errnoOf, inTheWay, unless } from './errors.js';
import { isAlike } from './files.js';

/** What link(2) fails with where a file system has no hard links, or a system forbids them. */
const NO_LINKS = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EISDIR'];

/**
 * Gives `source`, which is complete and synced, its final name, unless something has that name. Nothing is overwritten
 * even by a race: a hard link is made only where there is nothing, in one step. `source` is gone afterwards.
 *
 * @param mayBeThere for a transfer that goes on after it was stopped: the file may be there already, from a process that
 *   was killed between placing it and noting that down. One that is alike counts as placed
 * @returns `taken` where something else has the name; `source` is still there
 */
export async function placeNew(
  source: string,
  target: string,
  mayBeThere: boolean,
): Promise<'placed' | 'taken'> {
  try {
    await fs.link(source, target);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno !== 'EEXIST') {
      if (!NO_LINKS.includes(errno)) throw error;
      return await placeWithoutLinks(source, target, mayBeThere);
    }
    if (!mayBeThere || !(await isAlike(target, source))) return 'taken';
  }
  await fs.unlink(source);
  return 'placed';
}

/**
 * The same on FAT and its like: an empty file of our own keeps the name, exclusively, until the complete one replaces
 * it. A process that is killed between the two leaves it empty; when it goes on, that one is replaced.
 */
async function placeWithoutLinks(
  source: string,
  target: string,
  mayBeThere: boolean,
): Promise<'placed' | 'taken'> {
  const handle = await fs.open(target, 'wx', 0o600).catch(unless('EEXIST'));
  if (handle === undefined) {
    if (!mayBeThere) return 'taken';
    if (await isAlike(target, source)) {
      await fs.unlink(source);
      return 'placed';
    }
    const there = await fs.lstat(target).catch(unless('ENOENT'));
    if (there?.isFile() !== true || there.size > 0) return 'taken';
  }
  await handle?.close();
  await fs.rename(source, target);
  return 'placed';
}

/**
 * Gives `source` its final name in place of a regular file, if there is one. A link is not followed, nor replaced: it
 * leads to something that nobody was asked about. (One that appears between the look and the renaming is replaced
 * itself; what it leads to is never touched.)
 *
 * @param isOurs whether this transfer wrote the file with that inode
 * @returns `twice` where the file there came with this transfer, so that one of its files would be lost
 * @throws LandingError where something else is there
 */
export async function placeOver(
  source: string,
  target: string,
  isOurs: (inode: bigint) => boolean,
): Promise<'placed' | 'twice'> {
  const there = await fs.lstat(target, { bigint: true }).catch(unless('ENOENT'));
  if (there?.isSymbolicLink() === true) throw inTheWay(target, 'a link');
  if (there?.isDirectory() === true) throw inTheWay(target, 'a directory');
  if (there !== undefined && !there.isFile()) throw inTheWay(target, 'no regular file');
  if (there !== undefined && isOurs(there.ino)) return 'twice';
  await fs.rename(source, target);
  return 'placed';
}
