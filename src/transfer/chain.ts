import { createHash } from 'node:crypto';
import type { Entry } from './entry.js';

/** The chain before the first entry. */
export const CHAIN_START: Buffer = Buffer.alloc(32);

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
export function chainEntry(previous: Buffer, entry: Entry): Buffer {
  const { size, modifiedMs } = entry;
  if (!Number.isSafeInteger(modifiedMs) || (size !== undefined && (!Number.isSafeInteger(size) || size < 0)))
    throw new RangeError('Sizes and times are whole numbers.');
  if (/\p{Surrogate}/u.test(entry.path)) throw new RangeError('The path is not valid Unicode.');
  const path = Buffer.from(entry.path);
  const head = Buffer.alloc(FIXED_BYTES);
  head.writeUInt8(entry.kind === 'directory' ? 1 : 0, 0);
  head.writeUInt8(size === undefined ? 0 : 1, 1);
  head.writeBigUInt64BE(BigInt(size ?? 0), 2);
  head.writeUInt8(entry.executable ? 1 : 0, 10);
  head.writeBigInt64BE(BigInt(modifiedMs), 11);
  head.writeUInt32BE(path.length, 19);
  return createHash('sha256').update(previous).update(head).update(path).digest();
}
