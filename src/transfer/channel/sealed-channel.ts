import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { AuthenticationError, ChannelExhausted } from '../errors.js';
import { formatHeader } from './frames.js';
import {
  ChannelMessage,
  checkMessages,
  formatPlaintext,
  GCM_TAG_BYTES,
  type Message,
  packMessages,
  parsePlaintext,
} from './messages.js';

/**
 * One direction of a sealed channel. The body of frame n, counted from 0, is AES-256-GCM (NIST SP 800-38D) of its
 * messages under the key of the direction, with the frame's header as additional data and n in the nonce. Nonces are
 * never sent: a frame that is not the next one does not open.
 */

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;

/** Frames that one key protects; the nonce would have room for more, but no transfer needs them (4 PiB). */
export const MAX_FRAMES = 2 ** 32;

export interface ChannelOptions {
  /** After so many frames the direction is over. For tests. */
  readonly maxFrames?: number;
}

/** 32 zero bits, and the number of the frame in 64 (SP 800-38D, 8.2.1: unique by construction). */
function nonceOf(frame: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(BigInt(frame), NONCE_BYTES - 8);
  return nonce;
}

/** The sending end. */
export class Sealer {
  readonly #key: KeyObject;
  readonly #maxFrames: number;
  #frames = 0;
  #ended = false;

  constructor(key: KeyObject, { maxFrames = MAX_FRAMES }: ChannelOptions = {}) {
    this.#key = key;
    this.#maxFrames = maxFrames;
  }

  /** True when `end` was sealed. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Seals messages into as few frames as hold them, and returns the bytes to write, in order: for each frame its
   * header, its ciphertext in one piece or more, and its tag. A message never spans frames. Payloads are only read.
   *
   * @throws RangeError for what is no message, with nothing sealed; ChannelExhausted, and then the channel is over
   */
  seal(messages: readonly Message[]): Buffer[] {
    if (this.#ended) throw new Error('Nothing is sealed after the end.');
    checkMessages(messages);
    const frames = packMessages(messages);
    if (this.#frames + frames.length > this.#maxFrames) throw new ChannelExhausted();
    this.#ended = messages.at(-1)?.type === ChannelMessage.end;
    return frames.flatMap((frame) => this.#sealFrame(frame));
  }

  #sealFrame(messages: readonly Message[]): Buffer[] {
    const plaintext = formatPlaintext(messages);
    const header = formatHeader(plaintext.reduce((sum, piece) => sum + piece.length, GCM_TAG_BYTES));
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(this.#frames), { authTagLength: GCM_TAG_BYTES });
    this.#frames += 1;
    cipher.setAAD(header);
    const ciphertext = plaintext.map((piece) => cipher.update(piece));
    cipher.final();
    return [header, ...ciphertext, cipher.getAuthTag()];
  }
}

/** The reading end. */
export class Opener {
  readonly #key: KeyObject;
  readonly #maxFrames: number;
  #frames = 0;
  #state: 'open' | 'ended' | 'broken' = 'open';

  constructor(key: KeyObject, { maxFrames = MAX_FRAMES }: ChannelOptions = {}) {
    this.#key = key;
    this.#maxFrames = maxFrames;
  }

  /** What it means if the stream stops now: only a stream whose last message was `end` is finished. */
  get outcome(): 'finished' | 'cut' {
    return this.#state === 'ended' ? 'finished' : 'cut';
  }

  /**
   * Opens the body of the next frame, and returns its messages, those of the channel among them. Payloads are views
   * into memory of their own, not into `body`. Nothing of a frame is handed out before all of it is authenticated.
   * After an error, and after `end`, every further frame is refused; what has ended stays finished.
   *
   * @throws AuthenticationError where it is not the frame that was sealed as the next one, or comes after the end;
   *   ProtocolError where the other side sealed nonsense; ChannelExhausted
   */
  open(body: Buffer): Message[] {
    if (this.#state !== 'open') throw new AuthenticationError();
    if (this.#frames >= this.#maxFrames) throw this.#broken(new ChannelExhausted());
    try {
      const messages = parsePlaintext(this.#decrypt(body));
      if (messages.at(-1)?.type === ChannelMessage.end) this.#state = 'ended';
      return messages;
    } catch (error) {
      throw this.#broken(error);
    }
  }

  #decrypt(body: Buffer): Buffer {
    const ciphertextBytes = body.length - GCM_TAG_BYTES;
    if (ciphertextBytes < 0) throw new AuthenticationError();
    const nonce = nonceOf(this.#frames);
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: GCM_TAG_BYTES });
    this.#frames += 1;
    decipher.setAAD(formatHeader(body.length));
    decipher.setAuthTag(body.subarray(ciphertextBytes));
    const plaintext = decipher.update(body.subarray(0, ciphertextBytes));
    try {
      decipher.final();
    } catch {
      // The tag does not fit, which is the only thing that final() reports for GCM.
      throw new AuthenticationError();
    }
    return plaintext;
  }

  #broken<E>(error: E): E {
    this.#state = 'broken';
    return error;
  }
}
