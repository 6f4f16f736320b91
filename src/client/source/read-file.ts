import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Entry } from '../../transfer/entry.js';
import { isOutOfFiles, openPatiently } from '../landing/patience.js';
import { Prompt } from '../landing/prompt.js';
import { SourceError } from '../../transfer/source.js';
import { unopened, unreadable } from './errors.js';
import { checkUnchanged, readSmall, SMALL_READ_BYTES } from './read-small.js';
import { type Piece, runsOf } from '../../transfer/zeros.js';

/** Bytes in a piece; only the last one of a file is shorter. Each one costs a trip to another thread and back. */
export const PIECE_BYTES = 512 * 1024;

/** Should a link or a pipe have taken the file's place meanwhile: neither follow the one nor wait for the other. */
const OPEN_FLAGS = constants.O_RDONLY | flag('O_NOFOLLOW') | flag('O_NONBLOCK');

/** What `st_blocks` counts in, on every system. */
const BLOCK_BYTES = 512;

const disk = new Prompt();

/**
 * The bytes of a file from `from` on, in pieces of up to 512 KiB. While the caller is busy with one piece, the next is
 * read. There are two buffers, used by turns: a piece is good until the next one is asked for, and the last one for ever.
 * @param entry as the walk found it: a file with a size.
 * @param findsHoles give zeros as a count, where the file has holes: of any other file no byte is looked at
 * @throws SourceChanged where the file is not, or at the end is no longer, what the entry says: the pieces that were
 *   given are then worth nothing. SourceError where it cannot be read. RangeError for a `from` that is not in the file.
 */
export async function* readEntry(
  absolutePath: string,
  entry: Entry,
  from: number,
  findsHoles = false,
): AsyncGenerator<Piece> {
  const { size } = entry;
  if (size === undefined || entry.kind !== 'file')
    throw new RangeError('Only a file with a size can be read.');
  if (!Number.isSafeInteger(from) || from < 0 || from > size)
    throw new RangeError('from is not in the file.');
  if (size > 0 && size <= SMALL_READ_BYTES && from === 0) {
    const content = await disk.ask(
      () => readIfMayOpen(absolutePath, entry),
      () => Promise.resolve(undefined),
    );
    if (content !== undefined) {
      yield content;
      return;
    }
  }
  const file = await opened(absolutePath);
  let ahead: Promise<Buffer> | undefined;
  try {
    let offset = from;
    let free: Buffer = Buffer.alloc(0);
    let given: Buffer = free;
    const next = (): Promise<Buffer> | undefined => {
      if (offset >= size) return undefined;
      const length = Math.min(PIECE_BYTES, size - offset);
      offset += length;
      // The caller has asked for what is in the other buffer, so it is done with this one.
      const buffer = free.length < length ? Buffer.allocUnsafeSlow(length) : free.subarray(0, length);
      free = given;
      given = buffer;
      const piece = readFully(file, offset - length, buffer);
      // It is awaited later, or never, where the caller has stopped.
      piece.catch(() => undefined);
      return piece;
    };
    // Early, so that much is not sent for nothing; one piece is checked below.
    const isLong = size - from > PIECE_BYTES;
    const stats = isLong || size === from ? await check(file, entry, absolutePath) : undefined;
    const hasHoles = findsHoles && isLong && stats !== undefined && stats.blocks * BLOCK_BYTES < size;
    for (ahead = next(); ahead !== undefined;) {
      const piece: Buffer = await ahead;
      ahead = next();
      // Before the last piece is given: whoever has all the bytes knows that they are of one state of the file.
      if (ahead === undefined) await check(file, entry, absolutePath);
      if (hasHoles) yield* runsOf(piece);
      else yield piece;
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    // A directory or a pipe in its place fails in its own way.
    await check(file, entry, absolutePath);
    throw unreadable(absolutePath, error);
  } finally {
    await ahead?.catch(() => undefined);
    await file.close();
  }
}

/** Undefined where too many files are open: there is no waiting on this thread. */
function readIfMayOpen(absolutePath: string, entry: Entry): Buffer | undefined {
  try {
    return readSmall(absolutePath, OPEN_FLAGS, entry);
  } catch (error) {
    if (error instanceof SourceError && isOutOfFiles(error.cause)) return undefined;
    throw error;
  }
}

async function check(file: FileHandle, entry: Entry, absolutePath: string): Promise<Stats> {
  const stats = await file.stat();
  checkUnchanged(stats, entry, absolutePath);
  return stats;
}

async function opened(absolutePath: string): Promise<FileHandle> {
  try {
    return await openPatiently(() => open(absolutePath, OPEN_FLAGS));
  } catch (error) {
    throw unopened(absolutePath, error);
  }
}

/** Fills `piece` from there on. */
async function readFully(file: FileHandle, position: number, piece: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < piece.length) {
    const { bytesRead } = await file.read(piece, filled, piece.length - filled, position + filled);
    if (bytesRead === 0) throw new Error('it ends before its size');
    filled += bytesRead;
  }
  return piece;
}

/** Windows has neither, whatever the types say. */
function flag(name: 'O_NOFOLLOW' | 'O_NONBLOCK'): number {
  return (constants as Partial<Record<typeof name, number>>)[name] ?? 0;
}
