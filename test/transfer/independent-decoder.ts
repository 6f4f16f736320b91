import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';

/**
 * A second reading of docs/transfer-protocol.md, which shares no line with src/: from the code and one side's scalar
 * it follows a recorded session byte by byte, checks every tag in it, and throws at the first byte that is not as
 * specified. Only the group, the hashes and the cipher are borrowed.
 */

export interface Recording {
  readonly nameplate: string;
  readonly words: string;
  readonly side: 'sender' | 'receiver';
  /** 32 random bytes as that side drew them. */
  readonly scalar: Buffer;
  readonly toReceiver: Buffer;
  readonly toSender: Buffer;
}

export interface Decoded {
  readonly keyToReceiver: string;
  readonly keyToSender: string;
  readonly exportSecret: (label: string) => string;
  readonly toReceiver: readonly { type: number; payload: string }[];
  readonly toSender: readonly { type: number; payload: string }[];
  /** What the relay said behind the frames, or ''. */
  readonly notices: readonly string[];
}

const NAME = 'relay-server transfer v1';

class Cursor {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new Error(`nothing at byte ${this.#at}`);
    this.#at += 1;
    return value;
  }
  take(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.byte()));
  }
  u32(): number {
    return ((this.byte() * 256 + this.byte()) * 256 + this.byte()) * 256 + this.byte();
  }
  expect(value: number, what: string): void {
    const found = this.byte();
    if (found !== value) throw new Error(`${what} is ${found} and not ${value}, before byte ${this.#at}`);
  }
}

/** `lv`: LEB128 length, then the bytes. No part of this protocol reaches 2^14 bytes. */
function lv(...parts: (string | Buffer)[]): Buffer {
  let all = '';
  for (const part of parts) {
    const hex = Buffer.from(part as string, 'utf8').toString('hex');
    const length = hex.length / 2;
    const bytes = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)];
    all += Buffer.from(bytes).toString('hex') + hex;
  }
  return Buffer.from(all, 'hex');
}

const hmac = (key: Buffer, data: Buffer) => createHmac('sha512', key).update(data).digest();

/** RFC 5869 written out: extract with the session id, then expand. */
function hkdf(secret: Buffer, sid: Buffer, info: Buffer, length: number): Buffer {
  const prk = hmac(sid, secret);
  const okm = hmac(prk, Buffer.concat([info, Buffer.of(1)])).subarray(0, length);
  // Node's own, as a check of the six lines above.
  if (!okm.equals(Buffer.from(hkdfSync('sha512', secret, sid, info, length))))
    throw new Error('HKDF differs');
  return okm;
}

function frame(stream: Cursor): Buffer {
  const length = stream.u32();
  if (length < 1 || length > 1_048_640) throw new Error(`a body of ${length} bytes`);
  return stream.take(length);
}

/** The body of a message of the key agreement, as a cursor behind its head. */
function agreementMessage(body: Buffer, type: number, length: number): Cursor {
  if (body.length !== length) throw new Error(`message ${type} has ${body.length} bytes and not ${length}`);
  const message = new Cursor(body);
  message.expect(1, 'the version');
  message.expect(type, 'the type');
  return message;
}

function intermediateKey(recording: Recording, sid: Buffer, ya: Buffer, yb: Buffer): Buffer {
  const dsi = 'CPaceRistretto255';
  const zeros = 128 - 1 - (1 + recording.words.length) - (1 + dsi.length);
  if (zeros < 0 || recording.words.length > 127) throw new Error('this decoder takes short codes only');
  const channel = lv(NAME, recording.nameplate);
  const generatorString = lv(dsi, recording.words, Buffer.alloc(zeros), channel, sid);
  const hashed = createHash('sha512').update(generatorString).digest();
  const generator = ristretto255_hasher.deriveToCurve!(hashed);

  const littleEndian = [...recording.scalar];
  littleEndian[31] = littleEndian[31]! % 16;
  const scalar = littleEndian.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const [own, peer] = recording.side === 'sender' ? [ya, yb] : [yb, ya];
  if (generator.multiply(scalar).toHex() !== own.toString('hex')) throw new Error('the own element differs');
  const k = ristretto255.Point.fromHex(peer.toString('hex')).multiply(scalar);
  if (k.is0()) throw new Error('K is the identity');

  const head = lv('CPaceRistretto255_ISK', sid, Buffer.from(k.toBytes()));
  const transcript = Buffer.concat([lv(ya, 'sender'), lv(yb, 'receiver')]);
  return createHash('sha512')
    .update(Buffer.concat([head, transcript]))
    .digest();
}

/** Everything sealed in one direction, up to its end. */
function sealed(stream: Cursor, key: Buffer): { type: number; payload: string }[] {
  const messages: { type: number; payload: string }[] = [];
  for (let counter = 0; ; counter += 1) {
    const body = frame(stream);
    const length = Buffer.from(body.length.toString(16).padStart(8, '0'), 'hex');
    const nonce = Buffer.from(counter.toString(16).padStart(24, '0'), 'hex');
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAAD(length).setAuthTag(body.subarray(body.length - 16));
    const opened = Buffer.concat([decipher.update(body.subarray(0, body.length - 16)), decipher.final()]);
    const plain = new Cursor(opened);
    do {
      const type = plain.byte();
      messages.push({ type, payload: plain.take(plain.u32()).toString('hex') });
      if (type === 0 && plain.left > 0) throw new Error('something follows the end');
      if (type === 0) return messages;
    } while (plain.left > 0);
  }
}

function notice(stream: Cursor): string {
  const line = stream.take(stream.left).toString('latin1');
  if (line !== '' && !/^DISCONNECT( [a-z-]+)?\n$/.test(line)) throw new Error('neither a frame nor a notice');
  return line;
}

export function decode(recording: Recording): Decoded {
  const toReceiver = new Cursor(recording.toReceiver);
  const toSender = new Cursor(recording.toSender);

  const helloBody = frame(toReceiver);
  const hello = agreementMessage(helloBody, 1, 50);
  const [sid, ya] = [hello.take(16), hello.take(32)];
  const answerBody = frame(toSender);
  const answer = agreementMessage(answerBody, 2, 98);
  const [yb, receiverTag] = [answer.take(32), answer.take(64)];
  const confirmation = agreementMessage(frame(toReceiver), 3, 66);
  const senderTag = confirmation.take(64);

  const isk = intermediateKey(recording, sid, ya, yb);
  const tagKey = (role: string) => hkdf(isk, sid, lv(NAME, 'confirm', role), 64);
  const { nameplate } = recording;
  const receiverTagInput = lv(NAME, nameplate, helloBody, answerBody.subarray(0, 34));
  if (!hmac(tagKey('receiver'), receiverTagInput).equals(receiverTag))
    throw new Error("the receiver's tag differs");
  const senderTagInput = lv(NAME, nameplate, helloBody, answerBody);
  if (!hmac(tagKey('sender'), senderTagInput).equals(senderTag)) throw new Error("the sender's tag differs");

  const keyToReceiver = hkdf(isk, sid, lv(NAME, 'key', 'sender to receiver'), 32);
  const keyToSender = hkdf(isk, sid, lv(NAME, 'key', 'receiver to sender'), 32);
  const exporter = hkdf(isk, sid, lv(NAME, 'exporter'), 64);
  return {
    keyToReceiver: keyToReceiver.toString('hex'),
    keyToSender: keyToSender.toString('hex'),
    exportSecret: (label) => hkdf(exporter, sid, lv(NAME, 'export', label), 32).toString('hex'),
    toReceiver: sealed(toReceiver, keyToReceiver),
    toSender: sealed(toSender, keyToSender),
    notices: [notice(toReceiver), notice(toSender)],
  };
}
