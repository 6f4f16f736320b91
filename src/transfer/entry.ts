import { sha256 } from '@noble/hashes/sha2.js';
import { concat, utf8, viewOf } from './bytes.js';

/** One thing that is sent: a file's bytes, or a directory. Links and devices are not sent. */
export interface Entry {
  /** Relative, its parts joined by `/` on every system; the first part is one of the offer's names. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Bytes; 0 for a directory. Undefined where nobody knows before the end (standard input). */
  readonly size: number | undefined;
  /** Whether its owner may execute it. Always false for a directory. */
  readonly executable: boolean;
  /** Milliseconds since 1970, whole. */
  readonly modifiedMs: number;
  /** Who may read, write and execute it, as POSIX has it: 0 to 0o777. Undefined where nobody said so. */
  readonly mode?: number | undefined;
}

/** What the receiver is asked to agree to, before any of it is sent. */
export interface Offer {
  /** `text` goes to the receiver's screen, `stream` is standard input with a name; else files and directories. */
  readonly kind: 'files' | 'text' | 'stream';
  /** The names at the top: what a person sees, and where it lands. */
  readonly names: readonly string[];
  /** Bytes under each of the names, in the same order; older senders do not tell. */
  readonly sizes?: readonly number[];
  /** Entries in all, directories included. */
  readonly entries: number;
  /** Bytes in all; undefined where nobody knows before the end. */
  readonly bytes: number | undefined;
}

/** The chain before the first entry. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/** Bytes of an entry's encoding beside its path: kind, whether its size is known, size, executable, time, length. */
const FIXED_BYTES = 1 + 1 + 8 + 1 + 8 + 4;

/**
 * The running digest over the metadata of a transfer's entries, which tells both sides in 32 bytes that they have the
 * same ones in the same order: SHA-256(previous || entry), where an entry is, big-endian and without gaps, kind u8
 * (0 file, 1 directory), known u8 (1 if the size is known), size u64 (0 if not), executable u8, modifiedMs i64,
 * length of the path u32, path in UTF-8.
 *
 * @param previous 32 bytes, `CHAIN_START` at first
 * @throws RangeError where a number is no safe integer or the path is no Unicode, which would have no encoding of its own
 */
export function chainEntry(previous: Uint8Array, entry: Entry): Uint8Array {
  const { size, modifiedMs } = entry;
  if (!Number.isSafeInteger(modifiedMs) || (size !== undefined && (!Number.isSafeInteger(size) || size < 0)))
    throw new RangeError('Sizes and times are whole numbers.');
  if (/\p{Surrogate}/u.test(entry.path)) throw new RangeError('The path is not valid Unicode.');
  const path = utf8(entry.path);
  const fixed = new Uint8Array(FIXED_BYTES);
  const view = viewOf(fixed);
  view.setUint8(0, entry.kind === 'directory' ? 1 : 0);
  view.setUint8(1, size === undefined ? 0 : 1);
  view.setBigUint64(2, BigInt(size ?? 0));
  view.setUint8(10, entry.executable ? 1 : 0);
  view.setBigInt64(11, BigInt(modifiedMs));
  view.setUint32(19, path.length);
  return sha256(concat([previous, fixed, path]));
}
