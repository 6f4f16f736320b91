import { promises as fs } from 'node:fs';
import { LandingError } from '../../transfer/landing.js';
import { unless } from './errors.js';
import { journalRecords } from './journal-records.js';
import { checkPath } from '../../transfer/names.js';
import type { Tree } from './tree.js';

/** Files that are looked at, at once. */
const AT_ONCE = 16;

interface Counted {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Looks whether the files that a journal counts as complete are where they landed, in their sizes: what has gone since, or was
 * written over, must not be told to the sender as received.
 *
 * @returns the path, as it was offered, of one that is not
 */
export async function missingOf(journal: string, tree: Tree): Promise<string | undefined> {
  let batch: Counted[] = [];
  const missingOfBatch = async (): Promise<string | undefined> => {
    const isThere = await Promise.all(batch.map((counted) => isStillThere(counted, tree)));
    const missing = batch[isThere.indexOf(false)];
    batch = [];
    return missing?.path;
  };
  for await (const counted of countedIn(journal)) {
    batch.push(counted);
    const missing = batch.length < AT_ONCE ? undefined : await missingOfBatch();
    if (missing !== undefined) return missing;
  }
  return missingOfBatch();
}

/** The files before the first entry that failed. */
async function* countedIn(journal: string): AsyncGenerator<Counted> {
  let index = 0;
  let sum = 0;
  for await (const record of journalRecords(journal)) {
    if ((record[0] !== 'file' && record[0] !== 'directory') || record[1] !== index) continue;
    if (record[0] === 'file') yield { path: record[5], bytes: record[4] - sum };
    index += 1;
    sum = record[4];
  }
}

async function isStillThere({ path, bytes }: Counted, tree: Tree): Promise<boolean> {
  const checked = checkPath(path, process.platform);
  if (!checked.ok) return false;
  try {
    const stats = await tree.locate(checked.parts, (at) => fs.lstat(at).catch(unless('ENOENT', 'ENOTDIR')));
    return stats?.isFile() === true && stats.size === bytes;
  } catch (error) {
    if (!(error instanceof LandingError)) throw error;
    // A directory above it has gone, or something else is in its place. One that may not be looked into says nothing.
    return error.code === 'read-only';
  }
}
