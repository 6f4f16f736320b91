/** So many bytes that are all zero. */
export interface Zeros {
  readonly zeros: number;
}

/** What is read of a file. */
export type Piece = Buffer | Zeros;

/** Runs of zeros are looked for in steps of so many bytes: what a file system keeps together is no larger, as a rule. */
const STEP_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(STEP_BYTES);

/** A piece as what is in it: bytes, and zeros in place of the steps that have nothing else. */
export function* runsOf(piece: Buffer): Generator<Piece> {
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
export function* bytesOf({ zeros }: Zeros): Generator<Buffer> {
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

function isZeroAt(piece: Buffer, at: number): boolean {
  const step = piece.subarray(at, at + STEP_BYTES);
  return step.equals(ZEROS.subarray(0, step.length));
}

function run(piece: Buffer, start: number, end: number, isZero: boolean): Piece {
  return isZero ? { zeros: end - start } : piece.subarray(start, end);
}
