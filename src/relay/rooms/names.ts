import { hash, randomBytes } from 'node:crypto';

/** Bytes of the secret: as many as the hash has. */
const SECRET_BYTES = 32;

/** Characters of six bits: the hash is cut to 132 of them. */
const LENGTH = 22;

/**
 * Names rooms and their keys by a keyed hash: SHA-512/256 of the secret and the text. (Of its state it shows half, so that
 * nobody can continue it.) Codes and keys are hashed as soon as they are read: rooms, limits, logs and a core dump hold no
 * others.
 */
export class RoomNames {
  #secret: Uint8Array;
  #prefix: string;

  /** @param secret 32 bytes, the same for all relays that must give a code the same name; drawn anew unless given */
  constructor(secret: Uint8Array = randomBytes(SECRET_BYTES)) {
    this.#secret = secret;
    this.#prefix = prefixOf(secret);
  }

  /** Goes nowhere but to a successor. */
  get secret(): Uint8Array {
    return this.#secret;
  }

  /** From now on gives names as the relay before did, whose secret this is. */
  inherit(secret: Uint8Array): void {
    this.#secret = secret;
    this.#prefix = prefixOf(secret);
  }

  room(code: string): string {
    return this.#hash('room', code);
  }

  key(key: string): string {
    return this.#hash('key', key);
  }

  #hash(kind: 'room' | 'key', text: string): string {
    return hash('sha512-256', `${this.#prefix}${kind}:${text}`, 'base64url').slice(0, LENGTH);
  }
}

function prefixOf(secret: Uint8Array): string {
  return Buffer.from(secret).toString('hex');
}
