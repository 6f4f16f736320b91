import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import type { Entry } from '../../transfer/entry.js';
import { modifiedMsOf } from './describe.js';
import { SourceChanged, SourceError } from '../../transfer/source.js';
import { unopened, unreadable } from './errors.js';

/** Files up to this size are read at once, on this thread. */
export const SMALL_READ_BYTES = 64 * 1024;

/**
 * All of a small file, in memory of its own; it belongs to the caller.
 *
 * @param entry as the walk found it: a file of so many bytes
 * @throws SourceChanged, SourceError, as `readEntry` does
 */
export function readSmall(absolutePath: string, flags: number, entry: Entry): Buffer {
  const file = opened(absolutePath, flags);
  try {
    const content = Buffer.allocUnsafeSlow(entry.size ?? 0);
    for (let filled = 0; filled < content.length;) {
      const bytes = readSync(file, content, filled, content.length - filled, filled);
      if (bytes === 0) throw new Error('it ends before its size');
      filled += bytes;
    }
    checkUnchanged(fstatSync(file), entry, absolutePath);
    return content;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    // A directory or a pipe in its place fails in its own way.
    checkUnchanged(fstatSync(file), entry, absolutePath);
    throw unreadable(absolutePath, error);
  } finally {
    closeSync(file);
  }
}

/** @throws SourceChanged where the file is not what the entry says */
export function checkUnchanged(stats: Stats, { size, modifiedMs }: Entry, absolutePath: string): void {
  const isUnchanged = stats.isFile() && stats.size === size && modifiedMsOf(stats) === modifiedMs;
  if (!isUnchanged) throw new SourceChanged(absolutePath);
}

function opened(absolutePath: string, flags: number): number {
  try {
    return openSync(absolutePath, flags);
  } catch (error) {
    throw unopened(absolutePath, error);
  }
}
