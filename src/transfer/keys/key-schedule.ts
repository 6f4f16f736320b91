import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
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
): Buffer {
  return Buffer.from(hkdfSync('sha512', secret, sessionId, lvCat(PROTOCOL, ...labels), bytes));
}

/**
 * What both sides hold once each has proved to the other that it knows the code. The AES keys are `KeyObject`s, which
 * print and serialise as nothing.
 */
export class SessionKeys {
  /** AES-256, for what this side sends. */
  readonly sendKey: KeyObject;
  /** AES-256, for what it reads. */
  readonly receiveKey: KeyObject;
  readonly #exporter: Buffer;
  readonly #sessionId: Buffer;

  constructor(isk: Uint8Array, sessionId: Buffer, side: Side) {
    const toReceiver = keyFrom(derive(isk, sessionId, KEY_BYTES, 'key', 'sender to receiver'));
    const toSender = keyFrom(derive(isk, sessionId, KEY_BYTES, 'key', 'receiver to sender'));
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
  exportSecret(label: string): Buffer {
    const length = Buffer.byteLength(label);
    if (length < 1 || length > MAX_LABEL_BYTES)
      throw new RangeError(`A label has 1 to ${MAX_LABEL_BYTES} bytes.`);
    return derive(this.#exporter, this.#sessionId, KEY_BYTES, 'export', label);
  }
}

function keyFrom(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** Everything that is derived from one intermediate session key, until both sides are confirmed. */
export class KeySchedule {
  readonly #isk: Buffer;
  readonly #sessionId: Buffer;

  /** Takes over `isk`, and overwrites it in the end. */
  constructor(isk: Buffer, sessionId: Buffer) {
    this.#isk = isk;
    this.#sessionId = sessionId;
  }

  /**
   * The tag with which `side` proves that it holds the key (draft-irtf-cfrg-cpace-20, 9.4): HMAC-SHA-512 (RFC 2104)
   * over the transcript, under a key of that side's own, so that a tag sent back where it came from proves nothing.
   */
  confirmation(side: Side, transcript: Uint8Array): Buffer {
    const key = derive(this.#isk, this.#sessionId, SECRET_BYTES, 'confirm', side);
    const tag = createHmac('sha512', key).update(transcript).digest();
    key.fill(0);
    return tag;
  }

  /** Compares in constant time. */
  confirms(side: Side, transcript: Uint8Array, tag: Uint8Array): boolean {
    return tag.length === TAG_BYTES && timingSafeEqual(this.confirmation(side, transcript), tag);
  }

  /** The keys of `side`; the intermediate key is gone after it. */
  sessionKeys(side: Side): SessionKeys {
    const keys = new SessionKeys(this.#isk, this.#sessionId, side);
    this.wipe();
    return keys;
  }

  wipe(): void {
    this.#isk.fill(0);
  }
}
