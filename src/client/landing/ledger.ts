import { toHex } from '../../transfer/bytes.js';
import { CHAIN_START, chainEntry, type Entry, type Offer } from '../../transfer/entry.js';
import { LandingError } from '../../transfer/landing.js';

import { type Amount, NOTHING } from './leftovers.js';
import { checkPath, printable } from '../../transfer/names.js';
import { hostile } from './plan.js';
import type { JournalRecord } from './journal-records.js';

/** The furthest time from 1970 that a `Date` can hold, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME_MS = 8.64e15;

/** What of an offer is complete. */
export interface Progress {
  /** Entries. */
  readonly index: number;
  /** Over the metadata of those, 32 bytes. */
  readonly chain: Uint8Array;
  /** Those that are files. */
  readonly files: number;
  readonly bytes: number;
  /** Of the entries that will not come. */
  readonly failedBytes: number;
}

export const NOTHING_YET: Progress = { index: 0, chain: CHAIN_START, files: 0, bytes: 0, failedBytes: 0 };

/**
 * @param beside what else lies there, and counts too
 * @returns the checked parts of the entry's path
 * @throws LandingError where it is not safe or was not offered
 */
export function checkEntry(
  entry: Entry,
  offer: Offer,
  names: ReadonlySet<string>,
  done: Progress,
  beside: (parts: readonly string[]) => Amount = () => NOTHING,
): readonly string[] {
  const { path, kind, size, executable, modifiedMs } = entry;
  const checked = checkPath(path, process.platform);
  if (!checked.ok) throw hostile(path, checked.problem);
  const others = beside(checked.parts);
  if (done.index + others.entries >= offer.entries) throw tooMuch(others);
  if (!names.has(checked.parts[0] ?? ''))
    throw new LandingError(
      'mismatch',
      `"${printable(path)}" came and was not offered. The transfer was stopped.`,
    );
  const isSize = size === undefined ? kind === 'file' : Number.isSafeInteger(size) && size >= 0;
  const isTime = Number.isSafeInteger(modifiedMs) && Math.abs(modifiedMs) <= MAX_TIME_MS;
  if (!isSize || !isTime || (kind === 'directory' && (size !== 0 || executable)))
    throw new LandingError('mismatch', `What the sender says of "${printable(path)}" makes no sense.`);
  if ((size ?? 0) > bytesLeft(offer, done, others)) throw tooMuch(others);
  return checked.parts;
}

/** Bytes that may still come. */
export function bytesLeft(offer: Offer, done: Progress, beside: Amount = NOTHING): number {
  return (offer.bytes ?? Number.MAX_SAFE_INTEGER) - done.bytes - done.failedBytes - beside.bytes;
}

export function tooMuch(beside: Amount = NOTHING): LandingError {
  return new LandingError(
    'too-much',
    beside.entries === 0
      ? 'More came than the sender offered. The transfer was stopped.'
      : 'More came than the sender offered, counting what had landed before it started over. The transfer was stopped. ' +
          'If what is sent has changed, receive it with a new code, and into another directory.',
  );
}

/** After an entry of so many bytes. */
export function advance(done: Progress, entry: Entry, bytes: number): Progress {
  return {
    index: done.index + 1,
    chain: chainEntry(done.chain, entry),
    files: done.files + (entry.kind === 'file' ? 1 : 0),
    bytes: done.bytes + bytes,
    failedBytes: done.failedBytes,
  };
}

/** After an entry that does not come. */
export function pass(done: Progress, entry: Entry): Progress {
  const { index, chain, failedBytes } = done;
  const failed = failedBytes + (entry.size ?? 0);
  return { ...done, index: index + 1, chain: chainEntry(chain, entry), failedBytes: failed };
}

/**
 * The line for an entry that makes `next` of what was done.
 *
 * @param rights that a directory gets in the end; undefined where they stay as they are
 */
export function recordOf(entry: Entry, next: Progress, rights: number | undefined): JournalRecord {
  const { index, files, bytes } = next;
  const chain = toHex(next.chain);
  return entry.kind === 'file'
    ? ['file', index - 1, chain, files, bytes, entry.path]
    : ['directory', index - 1, chain, files, bytes, entry.modifiedMs, entry.path, rights ?? null];
}

/** @throws LandingError where less came than was offered */
export function checkTotals(offer: Offer, done: Progress, hasCome: (name: string) => boolean): void {
  const isWhole =
    done.index === offer.entries &&
    (offer.bytes === undefined || done.bytes + done.failedBytes === offer.bytes) &&
    offer.names.every(hasCome);
  if (!isWhole)
    throw new LandingError(
      'mismatch',
      'Less came than the sender offered, so it is not complete. Ask the sender to start again.',
    );
}
