import { endMessage, keepaliveMessage, type Message } from '../../src/transfer/channel/messages.js';
import { formatFrame } from '../../src/transfer/channel/frames.js';
import { Sealer } from '../../src/transfer/channel/sealed-channel.js';
import type { Platform } from '../../src/transfer/platform.js';
import { agree } from './agreement.js';
import { openPlatform } from './platforms.js';

/**
 * Writes down one whole session with fixed random bytes: what test/fixtures/transcript.json holds. The fixture was
 * made once from this; it is only made again when the protocol changes, which is a new version of it:
 *
 *     npx vitest run test/transfer/transcript.test.ts --update
 *
 * and then independent-decoder.ts, which shares no code with src/, must read it all the same.
 */

export const RECORDED_CODE = { nameplate: '731904', password: 'olive-basic' };
/** The session id, and the two scalars as drawn: their upper four bits are still to be cleared. */
export const RECORDED_RANDOM = {
  sessionId: sequence(16, 0xa0),
  senderScalar: sequence(32, 0x11),
  receiverScalar: sequence(32, 0xd1),
};

export const TO_RECEIVER: readonly (readonly Message[])[] = [
  [message(0x10, 'a first message'), keepaliveMessage(), message(0x11, '')],
  [message(0xff, 'x'.repeat(300))],
  [endMessage()],
];
export const TO_SENDER: readonly (readonly Message[])[] = [
  [keepaliveMessage()],
  [message(0x20, 'an answer'), endMessage()],
];

export function sequence(length: number, first: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (first + 7 * index) & 0xff));
}

function message(type: number, payload: string): Message {
  return { type, payload: Uint8Array.from(Buffer.from(payload)) };
}

/** A random source that gives what is given, in order, and copies of it, because it is overwritten. */
export function given(...values: readonly Buffer[]): (size: number) => Buffer {
  const rest = [...values];
  return (size) => {
    const next = rest.shift();
    if (next?.length !== size) throw new Error(`${size} random bytes were not expected`);
    return Buffer.from(next);
  };
}

/** @param platform whose chance is not used */
export async function recordTranscript(platform: Platform) {
  const { sessionId, senderScalar, receiverScalar } = RECORDED_RANDOM;
  const open = openPlatform(platform, given(sessionId, senderScalar));
  const { hello, answer, confirmation, sender, receiver } = agree(
    { sender: RECORDED_CODE, receiver: RECORDED_CODE },
    { sender: open, receiver: openPlatform(platform, given(receiverScalar)) },
  );
  const sealed = async (sealer: Sealer, batches: readonly (readonly Message[])[]) =>
    await Promise.all(
      batches.map(async (messages, frame) =>
        entry(`frame ${frame}`, Buffer.concat(await sealer.seal(messages))),
      ),
    );
  const listed = (batches: readonly (readonly Message[])[]) =>
    batches.flat().map(({ type, payload }) => ({ type, payload: hexOf(payload) }));
  const notice = entry('what the relay says', Buffer.from('DISCONNECT closed\n'));

  return {
    code: { nameplate: RECORDED_CODE.nameplate, words: RECORDED_CODE.password },
    random: {
      senderScalar: senderScalar.toString('hex'),
      receiverScalar: receiverScalar.toString('hex'),
    },
    toReceiver: [
      entry('hello', formatFrame(hello)),
      entry('confirmation', formatFrame(confirmation)),
      ...(await sealed(new Sealer(sender.sendKey), TO_RECEIVER)),
      notice,
    ],
    toSender: [
      entry('answer', formatFrame(answer)),
      ...(await sealed(new Sealer(receiver.sendKey), TO_SENDER)),
      notice,
    ],
    expected: {
      keyToReceiver: hexOf(open.keyOf(sender.sendKey)),
      keyToSender: hexOf(open.keyOf(sender.receiveKey)),
      exportedForTest: hexOf(sender.exportSecret('test')),
      toReceiver: listed(TO_RECEIVER),
      toSender: listed(TO_SENDER),
    },
  };
}

function entry(what: string, bytes: Uint8Array) {
  return { what, hex: hexOf(bytes) };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
