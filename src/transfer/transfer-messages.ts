import { NO_BYTES, textOf, utf8, viewOf } from './bytes.js';
import type { Entry, Offer } from './entry.js';
import { ProtocolError } from './errors.js';
import type { Message } from './channel/messages.js';
import type { PrivateRoom } from './keys/private-room.js';

/** The messages of a transfer, on top of those of the channel. The sender's, unless it says otherwise. */
export const TransferMessage = {
  /** JSON, an Offer: what there is. */
  offer: 0x10,
  /** From the receiver. JSON, an Answer. */
  answer: 0x11,
  /** Empty: what the receiver has kept does not match. Everything comes again. */
  restart: 0x12,
  /** JSON, an Entry and the `offset` at which its bytes go on. */
  entry: 0x13,
  /** Bytes of the entry. */
  data: 0x14,
  /** 64 bits big-endian: bytes of the whole file, which are over. */
  fileEnd: 0x15,
  /** Empty: all entries were sent. */
  complete: 0x16,
  /** From the receiver. 64 bits big-endian: bytes of the offer that it has, from before or now. */
  received: 0x17,
  /** From the receiver. Empty: every byte is verified and in its place. */
  verified: 0x18,
  /** JSON, a PrivateRoom: the transfer goes on in another room. The first message, in place of an offer. */
  move: 0x1a,
  /** From either. JSON, a Stop: nothing will come of it. */
  stop: 0x19,
  /** 64 bits big-endian, 1 to `MAX_ZEROS`: so many zeros of the entry, in place of data. To a receiver that takes it. */
  zeros: 0x1b,
  /**
   * JSON, an Entry, an `offset` of 0 and `why`: the next entry, or the one that has begun, will not come. To a receiver
   * that takes it.
   */
  failed: 0x1c,
} as const;

/** Where the receiver can go on. Digests are in hex. */
export interface Resume {
  readonly index: number;
  readonly chain: string;
  readonly offset: number;
  readonly digest: string | undefined;
  /** Bytes that need not come again. */
  readonly bytes: number;
}

/** What one message of zeros stands for at most: whoever gets it may have to write them. */
export const MAX_ZEROS = 1024 * 1024 * 1024;

/** What not every receiver of this version knows, so that each says what it takes. */
const ABILITIES = ['zeros', 'failed'] as const;
export type Ability = (typeof ABILITIES)[number];

/** Why an entry does not come: it is not what it was when it was offered, it cannot be read, or it is not there any more. */
const WHYS = ['changed', 'unreadable', 'gone'] as const;
export type FailedWhy = (typeof WHYS)[number];

export type AnswerMessage =
  | { readonly answer: 'accept'; readonly resume: Resume; readonly takes?: readonly Ability[] }
  /** All of it is here and verified, but for the entries that failed; only the sender does not know yet. */
  | { readonly answer: 'complete'; readonly failed?: number };

export interface StopMessage {
  readonly why:
    'full' | 'declined' | 'stopped' | 'source' | 'destination' | 'mismatch' | 'hostile-offer' | 'exists';
}

export function jsonMessage(type: number, value: object): Message {
  return { type, payload: utf8(JSON.stringify(value)) };
}

export function bareMessage(type: number): Message {
  return { type, payload: NO_BYTES };
}

export function bytesMessage(type: number, bytes: number): Message {
  const payload = new Uint8Array(8);
  viewOf(payload).setBigUint64(0, BigInt(bytes));
  return { type, payload };
}

/** @throws ProtocolError */
export function parseBytes(payload: Uint8Array): number {
  if (payload.length !== 8) throw malformed();
  const bytes = Number(viewOf(payload).getBigUint64(0));
  if (!isCount(bytes)) throw malformed();
  return bytes;
}

/** Top-level names in an offer, at most: more than a person reads, less than would fill a memory. */
export const MAX_NAMES = 10_000;

/** @throws ProtocolError: everything of it is checked for its shape; names are checked where they land. */
export function parseOffer(payload: Uint8Array): Offer {
  const { kind, names, sizes, entries, bytes } = parseObject(payload);
  if (kind !== 'files' && kind !== 'text' && kind !== 'stream') throw malformed();
  if (!Array.isArray(names) || names.length > MAX_NAMES || !names.every((name) => typeof name === 'string')) {
    throw malformed();
  }
  if (!isCount(entries) || !(bytes === undefined || isCount(bytes))) throw malformed();
  if (sizes === undefined) return { kind, names, entries, bytes };
  if (!Array.isArray(sizes) || sizes.length !== names.length || !sizes.every(isCount)) throw malformed();
  if (sizes.reduce((sum, size) => sum + size, 0) !== bytes) throw malformed();
  return { kind, names, sizes, entries, bytes };
}

/** @returns how many zeros */
export function parseZeros(payload: Uint8Array): number {
  const zeros = parseBytes(payload);
  if (zeros < 1 || zeros > MAX_ZEROS) throw malformed();
  return zeros;
}

/** Read, write and execute, of owner, group and others. */
const MAX_MODE = 0o777;

export function parseEntry(payload: Uint8Array): { readonly entry: Entry; readonly offset: number } {
  const { path, kind, size, executable, modifiedMs, mode, offset } = parseObject(payload);
  if (typeof path !== 'string' || typeof executable !== 'boolean') throw malformed();
  if (kind !== 'file' && kind !== 'directory') throw malformed();
  if (!(size === undefined || isCount(size)) || !isCount(offset)) throw malformed();
  if (typeof modifiedMs !== 'number' || !Number.isSafeInteger(modifiedMs)) throw malformed();
  if (!(mode === undefined || (isCount(mode) && mode <= MAX_MODE))) throw malformed();
  return { entry: { path, kind, size, executable, modifiedMs, mode }, offset };
}

export function parseFailed(payload: Uint8Array): { readonly entry: Entry; readonly why: FailedWhy } {
  const { entry } = parseEntry(payload);
  const { why } = parseObject(payload);
  return { entry, why: WHYS.find((each) => each === why) ?? 'unreadable' };
}

const SECRET = /^[A-Za-z0-9_-]{22}$/;

export function parseMove(payload: Uint8Array): PrivateRoom {
  const { room, key, password } = parseObject(payload);
  const isSecret = (value: unknown): value is string => typeof value === 'string' && SECRET.test(value);
  if (!isSecret(room) || !isSecret(key) || !isSecret(password)) throw malformed();
  return { room, key, password };
}

export function parseAnswer(payload: Uint8Array): AnswerMessage {
  const { answer, resume, takes = [], failed = 0 } = parseObject(payload);
  if (answer === 'complete' && isCount(failed)) return { answer, failed };
  if (answer !== 'accept' || typeof resume !== 'object' || resume === null) throw malformed();
  const { index, chain, offset, digest, bytes } = resume as Record<string, unknown>;
  if (!isCount(index) || !isCount(offset) || !isCount(bytes) || !isDigest(chain)) throw malformed();
  if (!(digest === undefined || isDigest(digest))) throw malformed();
  if (!Array.isArray(takes)) throw malformed();
  // What a later one takes besides is not known here.
  const known = ABILITIES.filter((ability) => takes.includes(ability));
  return { answer, resume: { index, chain, offset, digest, bytes }, takes: known };
}

const STOPS = [
  'full',
  'declined',
  'source',
  'destination',
  'mismatch',
  'hostile-offer',
  'exists',
] as const satisfies readonly StopMessage['why'][];

export function parseStop(payload: Uint8Array): StopMessage['why'] {
  const { why } = parseObject(payload);
  return STOPS.find((each) => each === why) ?? 'stopped';
}

function parseObject(payload: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(payload));
  } catch {
    throw malformed();
  }
  if (typeof value !== 'object' || value === null) throw malformed();
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function malformed(): ProtocolError {
  return new ProtocolError('The other side sent a message that does not follow the transfer protocol.');
}
