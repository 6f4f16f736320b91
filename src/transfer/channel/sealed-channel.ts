import { viewOf } from '../bytes.js';
import { AuthenticationError, ChannelExhausted } from '../errors.js';
import { type Aead, type MaybePromise, use } from '../platform.js';
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

const NONCE_BYTES = 12;

/** Frames that one key protects; the nonce would have room for more, but no transfer needs them (4 PiB). */
export const MAX_FRAMES = 2 ** 32;

export interface ChannelOptions {
  /** After so many frames the direction is over. For tests. */
  readonly maxFrames?: number;
}

/** 32 zero bits, and the number of the frame in 64 (SP 800-38D, 8.2.1: unique by construction). */
function nonceOf(frame: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  viewOf(nonce).setBigUint64(NONCE_BYTES - 8, BigInt(frame));
  return nonce;
}

/** The sending end. */
export class Sealer {
  readonly #key: Aead;
  readonly #maxFrames: number;
  #frames = 0;
  #ended = false;
  /** What was sealed last, where it has to be waited for. */
  #before: Promise<unknown> | undefined;

  constructor(key: Aead, { maxFrames = MAX_FRAMES }: ChannelOptions = {}) {
    this.#key = key;
    this.#maxFrames = maxFrames;
  }

  /** True when `end` was sealed. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Seals messages into as few frames as hold them, and gives the bytes to write, in order: for each frame its header, its
   * ciphertext in one piece or more, and its tag. A message never spans frames. Payloads are only read, and not any more
   * when this returns. Where a platform has to wait for its cipher, calls settle in the order in which they were made.
   *
   * @throws RangeError for what is no message, with nothing sealed; ChannelExhausted, and then the channel is over
   */
  seal(messages: readonly Message[]): MaybePromise<Uint8Array[]> {
    if (this.#ended) throw new Error('Nothing is sealed after the end.');
    checkMessages(messages);
    const frames = packMessages(messages);
    if (this.#frames + frames.length > this.#maxFrames) throw new ChannelExhausted();
    this.#ended = messages.at(-1)?.type === ChannelMessage.end;
    const sealed: Uint8Array[] = [];
    let waiting: Promise<Uint8Array[]>[] | undefined;
    for (const frame of frames) {
      const pieces = this.#sealFrame(frame);
      if (pieces instanceof Promise) (waiting ??= []).push(pieces);
      else sealed.push(...pieces);
    }
    if (waiting === undefined) return sealed;
    const all = Promise.all([this.#before, ...waiting]).then(([, ...pieces]) => pieces.flat());
    this.#before = all;
    return all;
  }

  #sealFrame(messages: readonly Message[]): MaybePromise<Uint8Array[]> {
    const plaintext = formatPlaintext(messages);
    const header = formatHeader(plaintext.reduce((sum, piece) => sum + piece.length, GCM_TAG_BYTES));
    const nonce = nonceOf(this.#frames);
    this.#frames += 1;
    return use(this.#key.seal(nonce, header, plaintext), (sealed) => [header, ...sealed]);
  }
}

/** The reading end. */
export class Opener {
  readonly #key: Aead;
  readonly #maxFrames: number;
  #frames = 0;
  #state: 'open' | 'opening' | 'ended' | 'broken' = 'open';

  constructor(key: Aead, { maxFrames = MAX_FRAMES }: ChannelOptions = {}) {
    this.#key = key;
    this.#maxFrames = maxFrames;
  }

  /** What it means if the stream stops now: only a stream whose last message was `end` is finished. */
  get outcome(): 'finished' | 'cut' {
    return this.#state === 'ended' ? 'finished' : 'cut';
  }

  /**
   * Opens the body of the next frame, and gives its messages, those of the channel among them. Payloads are views into
   * memory of their own, not into `body`. Nothing of a frame is handed out before all of it is authenticated. After an
   * error, and after `end`, every further frame is refused; what has ended stays finished. One at a time: where it has to
   * be waited for, the next frame comes after it has settled.
   *
   * @throws AuthenticationError where it is not the frame that was sealed as the next one, or comes after the end;
   *   ProtocolError where the other side sealed nonsense; ChannelExhausted
   */
  open(body: Uint8Array): MaybePromise<Message[]> {
    if (this.#state === 'opening') throw new Error('Frames are opened one at a time.');
    if (this.#state !== 'open') throw new AuthenticationError();
    if (this.#frames >= this.#maxFrames) throw this.#broken(new ChannelExhausted());
    if (body.length < GCM_TAG_BYTES) throw this.#broken(new AuthenticationError());
    this.#state = 'opening';
    const nonce = nonceOf(this.#frames);
    this.#frames += 1;
    return use(this.#key.open(nonce, formatHeader(body.length), body), (plaintext) => this.#read(plaintext));
  }

  #read(plaintext: Uint8Array | undefined): Message[] {
    if (plaintext === undefined) throw this.#broken(new AuthenticationError());
    try {
      const messages = parsePlaintext(plaintext);
      this.#state = messages.at(-1)?.type === ChannelMessage.end ? 'ended' : 'open';
      return messages;
    } catch (error) {
      throw this.#broken(error);
    }
  }

  #broken<E>(error: E): E {
    this.#state = 'broken';
    return error;
  }
}
