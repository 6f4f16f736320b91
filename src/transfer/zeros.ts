import { viewOf } from './bytes.js';

/** So many bytes that are all zero. */
export interface Zeros {
  readonly zeros: number;
}

/** What is read of a file. */
export type Piece = Uint8Array | Zeros;

/** Runs of zeros are looked for in steps of so many bytes: what a file system keeps together is no larger, as a rule. */
const STEP_BYTES = 64 * 1024;
const ZEROS = new Uint8Array(STEP_BYTES);

/** A piece as what is in it: bytes, and zeros in place of the steps that have nothing else. */
export function* runsOf(piece: Uint8Array): Generator<Piece> {
  let start = 0;
  let isZero = isZeroAt(piece, 0);
  for (let at = STEP_BYTES; at < piece.length; at += STEP_BYTES) {
    const isZeroHere = isZeroAt(piece, at);
    if (isZeroHere === isZero) continue;
    yield run(piece, start, at, isZero);
    start = at;
    isZero = isZeroHere;
  }
  yield run(piece, start, piece.length, isZero);
}

/** The bytes of zeros, a step at a time. */
export function* bytesOf({ zeros }: Zeros): Generator<Uint8Array> {
  for (let left = zeros; left > 0; left -= STEP_BYTES)
    yield left < STEP_BYTES ? ZEROS.subarray(0, left) : ZEROS;
}

export function isZeros(piece: Piece): piece is Zeros {
  return 'zeros' in piece;
}

export function lengthOf(piece: Piece): number {
  return isZeros(piece) ? piece.zeros : piece.length;
}

/** All but the first `bytes` of it. */
export function after(piece: Piece, bytes: number): Piece {
  return isZeros(piece) ? { zeros: piece.zeros - bytes } : piece.subarray(bytes);
}

function isZeroAt(piece: Uint8Array, at: number): boolean {
  const end = Math.min(at + STEP_BYTES, piece.length);
  const view = viewOf(piece);
  let next = at;
  for (; next + 4 <= end; next += 4) if (view.getInt32(next) !== 0) return false;
  for (; next < end; next += 1) if (view.getUint8(next) !== 0) return false;
  return true;
}

function run(piece: Uint8Array, start: number, end: number, isZero: boolean): Piece {
  return isZero ? { zeros: end - start } : piece.subarray(start, end);
}
