import { copyOf, NO_BYTES, utf8 } from '../bytes.js';
import {
  answerWithoutTag,
  formatMessage,
  isRefusal,
  readMessage,
  SESSION_ID_BYTES,
} from './agreement-messages.js';
import type { Code } from '../code.js';
import type { Platform } from '../platform.js';
import { CpaceAbort, CpaceShare, ELEMENT_BYTES, type RandomSource } from './cpace.js';
import { lvCat } from './cpace-encoding.js';
import { ProtocolError, WrongCode } from '../errors.js';
import { KeySchedule, PROTOCOL, type SessionKeys, type Side } from './key-schedule.js';

/**
 * The two sides' way from a short code to keys, without sockets: messages in, messages out.
 *
 *     sender                                        receiver
 *       hello: session id, Ya           ------->
 *                                       <-------    answer: Yb, the receiver's tag
 *       confirmation: the sender's tag  ------->
 *
 * The sender is CPace's initiator. Whoever does not know the words learns one bit from a whole run: not these. The
 * sender shows its tag only to a receiver that has proved itself, and neither side has keys before the other is
 * confirmed, so not a byte of what is sent is at risk before.
 */

/** What an agreement needs of the platform. */
export type KeyPlatform = Pick<Platform, 'randomBytes' | 'aead'>;

/** ADa and ADb: fixed by the role and so never sent. With them nobody can be made to agree with itself (section 9.1). */
const ASSOCIATED_DATA = { sender: utf8('sender'), receiver: utf8('receiver') } as const;

function shareOf({ nameplate, password }: Code, sessionId: Uint8Array, random: RandomSource): CpaceShare {
  const inputs = { password: utf8(password), channel: lvCat(PROTOCOL, nameplate), sessionId };
  const share = new CpaceShare(inputs, random);
  inputs.password.fill(0);
  return share;
}

/** @throws ProtocolError where the other side's element is not valid */
function scheduleFrom(
  share: CpaceShare,
  side: Side,
  sessionId: Uint8Array,
  peerElement: Uint8Array,
): KeySchedule {
  const other = side === 'sender' ? 'receiver' : 'sender';
  const role = side === 'sender' ? 'initiator' : 'responder';
  try {
    const isk = share.agree(
      { role, associatedData: ASSOCIATED_DATA[side] },
      { element: peerElement, associatedData: ASSOCIATED_DATA[other] },
    );
    return new KeySchedule(isk, sessionId);
  } catch (error) {
    if (error instanceof CpaceAbort) throw new ProtocolError(`${error.message} Nothing was sent.`);
    throw error;
  }
}

/** What a tag is computed over: where it belongs, and every byte before it. */
function transcript(nameplate: string, ...messages: readonly Uint8Array[]): Uint8Array {
  return lvCat(PROTOCOL, nameplate, ...messages);
}

/** One key agreement of a sender. A new connection needs a new one. */
export class SenderAgreement {
  /** The first message, 50 bytes. */
  readonly hello: Uint8Array;
  readonly #nameplate: string;
  readonly #sessionId: Uint8Array;
  readonly #share: CpaceShare;
  readonly #platform: KeyPlatform;

  /** @param platform is asked for the session id (16 bytes), then for the scalar (32 bytes) */
  constructor(code: Code, platform: KeyPlatform) {
    this.#platform = platform;
    this.#nameplate = code.nameplate;
    this.#sessionId = platform.randomBytes(SESSION_ID_BYTES);
    this.#share = shareOf(code, this.#sessionId, (size) => platform.randomBytes(size));
    this.hello = formatMessage('hello', this.#sessionId, this.#share.element);
  }

  /**
   * Takes the receiver's answer, once. The receiver is confirmed when this returns; `confirmation` is for it.
   *
   * @throws WrongCode whose `reply` is to be sent; ProtocolError
   */
  receiveAnswer(answer: Uint8Array): { readonly confirmation: Uint8Array; readonly keys: SessionKeys } {
    try {
      const content = readMessage('answer', answer);
      const element = content.subarray(0, ELEMENT_BYTES);
      const schedule = scheduleFrom(this.#share, 'sender', this.#sessionId, element);

      const answered = transcript(this.#nameplate, this.hello, answerWithoutTag(element));
      if (!schedule.confirms('receiver', answered, content.subarray(ELEMENT_BYTES))) {
        schedule.wipe();
        throw new WrongCode('sender', formatMessage('refusal'));
      }
      const tag = schedule.confirmation('sender', transcript(this.#nameplate, this.hello, answer));
      return {
        confirmation: formatMessage('confirmation', tag),
        keys: schedule.sessionKeys('sender', this.#platform),
      };
    } finally {
      this.#share.wipe();
    }
  }
}

/** One key agreement of a receiver. A new connection needs a new one. */
export class ReceiverAgreement {
  readonly #code: Code;
  readonly #platform: KeyPlatform;
  #used = false;
  #schedule: KeySchedule | undefined;
  /** What the sender's tag is computed over. */
  #transcript = NO_BYTES;

  /** @param platform is asked for the scalar (32 bytes) */
  constructor(code: Code, platform: KeyPlatform) {
    this.#code = code;
    this.#platform = platform;
  }

  /**
   * Takes the sender's first message, once, and returns the answer to it.
   *
   * @throws ProtocolError
   */
  receiveHello(hello: Uint8Array): Uint8Array {
    if (this.#used) throw new Error('A receiver takes one hello.');
    this.#used = true;
    const content = readMessage('hello', hello);
    const sessionId = copyOf(content.subarray(0, SESSION_ID_BYTES));
    const share = shareOf(this.#code, sessionId, (size) => this.#platform.randomBytes(size));
    const schedule = scheduleFrom(share, 'receiver', sessionId, content.subarray(SESSION_ID_BYTES));

    const { nameplate } = this.#code;
    const tag = schedule.confirmation(
      'receiver',
      transcript(nameplate, hello, answerWithoutTag(share.element)),
    );
    const answer = formatMessage('answer', share.element, tag);
    this.#transcript = transcript(nameplate, hello, answer);
    this.#schedule = schedule;
    return answer;
  }

  /**
   * Takes the sender's confirmation, once. The sender is confirmed when this returns.
   *
   * @throws WrongCode where it refuses, or does not prove that it knows the words; ProtocolError
   */
  receiveConfirmation(confirmation: Uint8Array): SessionKeys {
    const schedule = this.#schedule;
    if (schedule === undefined) throw new Error('A receiver takes one confirmation, after the hello.');
    this.#schedule = undefined;
    try {
      // A refusal proves nothing about who sent it, and need not: all that it can do is end the session.
      if (isRefusal(confirmation)) throw new WrongCode('receiver');
      const tag = readMessage('confirmation', confirmation);
      if (!schedule.confirms('sender', this.#transcript, tag)) throw new WrongCode('receiver');
      return schedule.sessionKeys('receiver', this.#platform);
    } finally {
      schedule.wipe();
    }
  }
}
