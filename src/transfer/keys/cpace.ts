import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat } from '../bytes.js';
import {
  type GeneratorInputs,
  generatorString,
  lvCat,
  type PublicShare,
  transcriptIr,
} from './cpace-encoding.js';

/**
 * CPace over ristretto255 with SHA-512, between an initiator and a responder: draft-irtf-cfrg-cpace-20, sections 6.2
 * and 7.3. The group is RFC 9496, as @noble/curves has it.
 */

/** `G.DSI` (section 7.3). */
const DSI = 'CPaceRistretto255';
/** Section 6.2: `G.DSI || b"_ISK"`. */
const DSI_ISK = 'CPaceRistretto255_ISK';

/** Bytes of an encoded element, and of a scalar. */
export const ELEMENT_BYTES = 32;

type Point = InstanceType<typeof ristretto255.Point>;

/** Fresh random bytes, `size` of them, which the caller of this function may overwrite. */
export type RandomSource = (size: number) => Uint8Array;

/** The other side's element does not decode, or gives the identity: section 6.2 demands to abort. */
export class CpaceAbort extends Error {
  override readonly name = 'CpaceAbort';

  constructor() {
    super("The other side's key share is not valid.");
  }
}

/** `G.calculate_generator` (section 7.3): an element derived (RFC 9496, 4.3.4) from the 64 hashed bytes. */
export function calculateGenerator(inputs: GeneratorInputs): Point {
  if (ristretto255_hasher.deriveToCurve === undefined)
    throw new Error('@noble/curves has no element derivation.');
  return ristretto255_hasher.deriveToCurve(sha512(generatorString(DSI, inputs)));
}

/**
 * `G.scalar_mult_vfy` (section 7.3), with undefined where the draft returns the identity: `element` is no canonical
 * encoding, or the product is the identity.
 *
 * @param scalar 32 bytes, little-endian, from 1 to the order of the group - 1
 */
export function scalarMultVfy(scalar: Uint8Array, element: Uint8Array): Uint8Array | undefined {
  const point = decode(element);
  if (point === undefined || point.is0()) return undefined;
  const product = point.multiply(ristretto255.Point.Fn.fromBytes(scalar));
  return product.is0() ? undefined : product.toBytes();
}

function decode(element: Uint8Array): Point | undefined {
  try {
    return ristretto255.Point.fromBytes(element);
  } catch {
    // Bytes that encode no element are an answer here (RFC 9496, 4.3.1), and the only thing that this can throw for.
    return undefined;
  }
}

/**
 * `G.sample_scalar` as section 7.3 recommends it: 252 random bits, little-endian, which is always less than the order.
 * Zero, one in 2^252, would give the identity away as our element.
 */
function sampleScalar(random: RandomSource): Uint8Array {
  const scalar = random(ELEMENT_BYTES);
  const top = scalar[ELEMENT_BYTES - 1];
  if (scalar.length !== ELEMENT_BYTES || top === undefined)
    throw new Error('The random source gave too little.');
  scalar[ELEMENT_BYTES - 1] = top & 0x0f;
  if (scalar.every((byte) => byte === 0)) throw new Error('The random source gave nothing but zeros.');
  return scalar;
}

/** One side's half of one run. Its scalar serves once (section 9.9) and is overwritten then. */
export class CpaceShare {
  /** `G.scalar_mult(y, g)`: 32 bytes for the other side. */
  readonly element: Uint8Array;
  readonly #sessionId: Uint8Array;
  #scalar: Uint8Array | undefined;

  constructor(inputs: GeneratorInputs, random: RandomSource) {
    const scalar = sampleScalar(random);
    const secret = ristretto255.Point.Fn.fromBytes(scalar);
    this.element = calculateGenerator(inputs).multiply(secret).toBytes();
    this.#sessionId = inputs.sessionId;
    this.#scalar = scalar;
  }

  /**
   * The intermediate session key (ISK, 64 bytes), which is the other side's too if and only if it ran with the same
   * password, channel, session id and associated data. K never leaves this function (section 9.3).
   *
   * @param own which side this is, and its associated data
   * @param peer the other side's element as it arrived, and the associated data that it must have
   * @throws CpaceAbort
   */
  agree(own: { role: 'initiator' | 'responder'; associatedData: Uint8Array }, peer: PublicShare): Uint8Array {
    if (this.#scalar === undefined) throw new Error('A share of a key agreement serves once.');
    const k = scalarMultVfy(this.#scalar, peer.element);
    this.wipe();
    if (k === undefined) throw new CpaceAbort();

    const ownShare = { element: this.element, associatedData: own.associatedData };
    const transcript = own.role === 'initiator' ? transcriptIr(ownShare, peer) : transcriptIr(peer, ownShare);
    const input = concat([lvCat(DSI_ISK, this.#sessionId, k), transcript]);
    const isk = sha512(input);
    k.fill(0);
    input.fill(0);
    return isk;
  }

  /**
   * Overwrites the scalar, so that nothing more can be agreed with it. The big integers that it was computed with
   * stay until they are collected: JavaScript cannot overwrite those.
   */
  wipe(): void {
    this.#scalar?.fill(0);
    this.#scalar = undefined;
  }
}
