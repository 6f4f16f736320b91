import { nodePlatform } from '../../src/client/platform.js';
import type { Code } from '../../src/transfer/code.js';
import {
  type KeyPlatform,
  ReceiverAgreement,
  SenderAgreement,
} from '../../src/transfer/keys/key-agreement.js';
import type { SessionKeys } from '../../src/transfer/keys/key-schedule.js';

export const CODE: Code = { nameplate: '731904', password: 'olive-basic' };

export interface Session {
  readonly sender: SessionKeys;
  readonly receiver: SessionKeys;
  /** As they went over the wire. */
  readonly hello: Uint8Array;
  readonly answer: Uint8Array;
  readonly confirmation: Uint8Array;
}

/** Both sides of a key agreement, with nobody between them. Throws what either side throws. */
export function agree(
  codes: { sender?: Code; receiver?: Code } = {},
  platforms: { sender?: KeyPlatform; receiver?: KeyPlatform } = {},
): Session {
  const sending = new SenderAgreement(codes.sender ?? CODE, platforms.sender ?? nodePlatform);
  const receiving = new ReceiverAgreement(codes.receiver ?? CODE, platforms.receiver ?? nodePlatform);
  const answer = receiving.receiveHello(sending.hello);
  const { confirmation, keys } = sending.receiveAnswer(answer);
  const receiver = receiving.receiveConfirmation(confirmation);
  return { sender: keys, receiver, hello: sending.hello, answer, confirmation };
}

/** What a function throws; fails where it does not. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
