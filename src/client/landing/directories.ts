import { promises as fs } from 'node:fs';
import { about, unless } from './errors.js';
import { fileTime, syncDirectory } from './files.js';
import { journalRecords, type JournalRecord } from './journal-records.js';
import { checkPath } from '../../transfer/names.js';
import { setDirectoryRights } from './rights.js';
import type { Tree } from './tree.js';

/** Directories that are looked after at once. */
const AT_ONCE = 8;

/**
 * When everything is in place, gives the directories their times and syncs them, as the journal names them: those of
 * earlier processes are in it too, and a million of them need no memory.
 */
export async function settleDirectories(journal: string, tree: Tree): Promise<void> {
  let batch: JournalRecord[] = [];
  const settleBatch = () => Promise.all(batch.map((record) => settle(record, tree)));
  for await (const record of journalRecords(journal)) {
    if (pathOf(record) === undefined) continue;
    batch.push(record);
    if (batch.length < AT_ONCE) continue;
    await settleBatch();
    batch = [];
  }
  await settleBatch();
}

function pathOf(record: JournalRecord): string | undefined {
  if (record[0] === 'directory') return record[6];
  return record[0] === 'made' || record[0] === 'top' ? record[1] : undefined;
}

async function settle(record: JournalRecord, tree: Tree): Promise<void> {
  const path = pathOf(record) ?? '';
  const checked = checkPath(path, process.platform);
  if (!checked.ok) return;
  await tree.locate(checked.parts, (at) => about(path, () => settleAt(at, record)));
}

async function settleAt(at: string, record: JournalRecord): Promise<void> {
  const stats = await fs.lstat(at).catch(unless('ENOENT'));
  if (stats?.isDirectory() !== true) return;
  if (record[0] === 'directory') {
    const time = fileTime(record[5]);
    await fs.lutimes(at, time, time).catch(unless('EINVAL', 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP'));
  }
  await syncDirectory(at);
  // Last: its owner may not be able to change anything in it then.
  const rights = record[0] === 'directory' ? record[7] : null;
  if (rights !== null) await setDirectoryRights(at, rights);
}
