import { concat, utf8 } from '../bytes.js';

/**
 * The byte strings of CPace (draft-irtf-cfrg-cpace-20, section 5.3 and appendix A). Every part that can vary in length
 * is written behind its length, so that no two different lists of parts give the same bytes.
 */

/** Bytes that SHA-512 takes at a time (`H.s_in_bytes`, section 5.2). */
const HASH_BLOCK_BYTES = 128;

/** `prepend_len`: the length as LEB128 (seven bits a byte, least significant first, 0x80 where more follow), then the bytes. */
export function prependLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  while (rest >= 0x80) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  length.push(rest);
  return concat([Uint8Array.from(length), bytes]);
}

/** `lv_cat`: each part behind its length. Text is UTF-8. */
export function lvCat(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concat(parts.map((part) => prependLength(typeof part === 'string' ? utf8(part) : part)));
}

/** What the generator is hashed from. */
export interface GeneratorInputs {
  /** PRS: the password-related string, here the words of the code. */
  readonly password: Uint8Array;
  /** CI: what both sides know of the channel they are on. */
  readonly channel: Uint8Array;
  readonly sessionId: Uint8Array;
}

/**
 * `generator_string` (section 7.1): `lv_cat(DSI, PRS, zero_bytes(len_zpad), CI, sid)`. The zeros fill the first block
 * of the hash, so that hashing takes as long for a short password as for a shorter one.
 */
export function generatorString(dsi: string, inputs: GeneratorInputs): Uint8Array {
  const { password, channel, sessionId } = inputs;
  const padding = Math.max(0, HASH_BLOCK_BYTES - 1 - lvCat(password).length - lvCat(dsi).length);
  return lvCat(dsi, password, new Uint8Array(padding), channel, sessionId);
}

/** One side's public part: its element (32 bytes on ristretto255) and its associated data. */
export interface PublicShare {
  readonly element: Uint8Array;
  readonly associatedData: Uint8Array;
}

/** `transcript_ir`: the initiator's part, then the responder's. */
export function transcriptIr(initiator: PublicShare, responder: PublicShare): Uint8Array {
  return lvCat(initiator.element, initiator.associatedData, responder.element, responder.associatedData);
}
