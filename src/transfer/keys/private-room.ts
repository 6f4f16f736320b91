import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, toBase64url, utf8 } from '../bytes.js';
import type { Platform } from '../platform.js';
import { lvCat } from './cpace-encoding.js';
import { PROTOCOL, type SessionKeys, type Side } from './key-schedule.js';

/** A room that only the two sides of one transfer know of, and what opens it: all are made of the code's alphabet. */
export interface PrivateRoom {
  /** What the relay knows the room by. */
  readonly room: string;
  /** The relay's key to it: nobody else gets in, and whoever comes back takes the place of their own dead line. */
  readonly key: string;
  /** The password of the key agreement in it, which the relay does not learn. */
  readonly password: string;
}

/** Bytes of each of the three: nobody guesses at 128 bits. */
const SECRET_BYTES = 16;

/** The room of a session, the same on both sides of it. */
export function privateRoomOf(keys: SessionKeys): PrivateRoom {
  const derived = (what: string): string => text(keys.exportSecret(`private room: ${what}`));
  return { room: derived('name'), key: derived('key'), password: derived('password') };
}

/** A room for somebody who is told of it. */
export function drawPrivateRoom(platform: Pick<Platform, 'randomBytes'>): PrivateRoom {
  const drawn = (): string => text(platform.randomBytes(SECRET_BYTES));
  return { room: drawn(), key: drawn(), password: drawn() };
}

function text(secret: Uint8Array): string {
  return toBase64url(secret.subarray(0, SECRET_BYTES));
}

/** `01 05`: of this version of the key agreement, and of no type that stands in it. */
const NOTE_HEAD = Uint8Array.of(1, 5);

/**
 * The note that a side leaves in the private room when it ends while the other one is not there: in place of all that is
 * said in a key agreement. Who can write it has been one of the two.
 */
export function partingNote({ room, password }: PrivateRoom, side: Side): Uint8Array {
  return concat([NOTE_HEAD, hmac(sha512, utf8(password), lvCat(PROTOCOL, 'parting', side, room))]);
}
