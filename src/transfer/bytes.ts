/** The few things that `Uint8Array` cannot do by itself. */

const encoder = new TextEncoder();
/** Takes what is no UTF-8 as U+FFFD, and leaves a byte order mark where it is. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Longer texts are encoded by the host, which takes a microsecond to begin: many names are shorter than that. */
const SHORT_TEXT = 64;

/** A text in UTF-8. What stands alone of a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  if (text.length > SHORT_TEXT) return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return encoder.encode(text);
    bytes[at] = unit;
  }
  return bytes;
}

/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return utf8(text).length;
}

/** The text that bytes are in UTF-8; U+FFFD for what is none. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Bytes of their own. Not `slice`: what Node reads is a `Buffer`, whose `slice` is a view. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** One copy of all of them, in order. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Whether two have the same bytes, in a time that tells nothing but their lengths. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let differences = 0;
  for (const [index, byte] of one.entries()) differences |= byte ^ (other[index] ?? 0);
  return differences === 0;
}

/** Two digits of 0 to 9 and a to f for each byte. */
export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64 for addresses and names (RFC 4648, 5), without padding. */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | (second << 8) | third;
    // Four letters stand for three bytes, three for two, and two for one.
    const letters = Math.min(bytes.length - at, 3) + 1;
    for (let letter = 0; letter < letters; letter += 1)
      text += BASE64URL.charAt((bits >>> (18 - 6 * letter)) & 63);
  }
  return text;
}

/** A view for reading and writing numbers. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
