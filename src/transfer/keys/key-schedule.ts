import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { equalBytes, utf8Length } from '../bytes.js';
import type { Aead, Platform } from '../platform.js';
import { lvCat } from './cpace-encoding.js';

/** Name and version of the protocol. It stands in the channel identifier, every label and every confirmation. */
export const PROTOCOL = 'relay-server transfer v1';

export type Side = 'sender' | 'receiver';

/** Bytes of a confirmation tag: the whole of HMAC-SHA-512. */
export const TAG_BYTES = 64;
const SECRET_BYTES = 64;
const KEY_BYTES = 32;
const MAX_LABEL_BYTES = 255;

/** HKDF-SHA-512 (RFC 5869) with the session id as salt and `lv_cat(protocol, labels…)` as info. */
function derive(
  secret: Uint8Array,
  sessionId: Uint8Array,
  bytes: number,
  ...labels: readonly string[]
): Uint8Array {
  return hkdf(sha512, secret, sessionId, lvCat(PROTOCOL, ...labels), bytes);
}

/**
 * What both sides hold once each has proved to the other that it knows the code. The AES keys are with the platform, and
 * here only what seals and opens with them.
 */
export class SessionKeys {
  /** AES-256, for what this side sends. */
  readonly sendKey: Aead;
  /** AES-256, for what it reads. */
  readonly receiveKey: Aead;
  readonly #exporter: Uint8Array;
  readonly #sessionId: Uint8Array;

  constructor(isk: Uint8Array, sessionId: Uint8Array, side: Side, platform: Pick<Platform, 'aead'>) {
    const keyFor = (direction: string): Aead => {
      const key = derive(isk, sessionId, KEY_BYTES, 'key', direction);
      const aead = platform.aead(key);
      key.fill(0);
      return aead;
    };
    const toReceiver = keyFor('sender to receiver');
    const toSender = keyFor('receiver to sender');
    this.sendKey = side === 'sender' ? toReceiver : toSender;
    this.receiveKey = side === 'sender' ? toSender : toReceiver;
    this.#exporter = derive(isk, sessionId, SECRET_BYTES, 'exporter');
    this.#sessionId = sessionId;
  }

  /**
   * 32 bytes for a purpose of the application, the same on both sides of this session and in no other; those of one
   * label say nothing of the keys or of another label's.
   *
   * @param label 1 to 255 bytes of UTF-8
   */
  exportSecret(label: string): Uint8Array {
    const length = utf8Length(label);
    if (length < 1 || length > MAX_LABEL_BYTES)
      throw new RangeError(`A label has 1 to ${MAX_LABEL_BYTES} bytes.`);
    return derive(this.#exporter, this.#sessionId, KEY_BYTES, 'export', label);
  }
}

/** Everything that is derived from one intermediate session key, until both sides are confirmed. */
export class KeySchedule {
  readonly #isk: Uint8Array;
  readonly #sessionId: Uint8Array;

  /** Takes over `isk`, and overwrites it in the end. */
  constructor(isk: Uint8Array, sessionId: Uint8Array) {
    this.#isk = isk;
    this.#sessionId = sessionId;
  }

  /**
   * The tag with which `side` proves that it holds the key (draft-irtf-cfrg-cpace-20, 9.4): HMAC-SHA-512 (RFC 2104)
   * over the transcript, under a key of that side's own, so that a tag sent back where it came from proves nothing.
   */
  confirmation(side: Side, transcript: Uint8Array): Uint8Array {
    const key = derive(this.#isk, this.#sessionId, SECRET_BYTES, 'confirm', side);
    const tag = hmac(sha512, key, transcript);
    key.fill(0);
    return tag;
  }

  /** Compares in constant time. */
  confirms(side: Side, transcript: Uint8Array, tag: Uint8Array): boolean {
    return equalBytes(this.confirmation(side, transcript), tag);
  }

  /** The keys of `side`; the intermediate key is gone after it. */
  sessionKeys(side: Side, platform: Pick<Platform, 'aead'>): SessionKeys {
    const keys = new SessionKeys(this.#isk, this.#sessionId, side, platform);
    this.wipe();
    return keys;
  }

  wipe(): void {
    this.#isk.fill(0);
  }
}
