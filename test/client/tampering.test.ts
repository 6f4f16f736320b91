import { describe, expect, it } from 'vitest';
import { AuthenticationError, ProtocolError, WrongCode } from '../../src/transfer/errors.js';
import { formatFrame, FrameReader } from '../../src/transfer/channel/frames.js';
import { ReceiverAgreement, SenderAgreement } from '../../src/transfer/keys/key-agreement.js';
import type { Message } from '../../src/transfer/channel/messages.js';
import { Opener, Sealer } from '../../src/transfer/channel/sealed-channel.js';
import { nodePlatform } from '../../src/client/platform.js';
import { opened } from '../transfer/channel/sealed.js';
import { openPlatform } from '../transfer/platforms.js';
import { given, RECORDED_CODE, RECORDED_RANDOM, TO_SENDER } from '../transfer/record-transcript.js';

type Direction = 'toReceiver' | 'toSender';
/** Changes the bytes that pass, or leaves them. `at` counts the bytes of a direction. */
type Wire = (direction: Direction, at: number, bytes: Uint8Array) => Uint8Array;

const BATCHES: Record<Direction, readonly (readonly Message[])[]> = {
  toReceiver: [
    [{ type: 0x10, payload: Uint8Array.from(Buffer.from('name')) }],
    [{ type: 0x00, payload: new Uint8Array(0) }],
  ],
  toSender: TO_SENDER,
};
const HELLO_BYTES = 54;
const ANSWER_BYTES = 102;

/** A whole session between two sides that see nothing but bytes, as far as it goes. */
async function play(wire: Wire) {
  const { sessionId, senderScalar, receiverScalar } = RECORDED_RANDOM;
  const sender = new SenderAgreement(
    RECORDED_CODE,
    openPlatform(nodePlatform, given(sessionId, senderScalar)),
  );
  const receiver = new ReceiverAgreement(RECORDED_CODE, openPlatform(nodePlatform, given(receiverScalar)));
  const readers = { toReceiver: new FrameReader(), toSender: new FrameReader() };
  const passed = { toReceiver: 0, toSender: 0 };
  const delivered: Record<Direction, Message[]> = { toReceiver: [], toSender: [] };
  const outcome: Record<Direction, string> = { toReceiver: 'cut', toSender: 'cut' };
  const errors: unknown[] = [];

  const pass = (direction: Direction, bytes: Uint8Array): Uint8Array[] => {
    const bodies = readers[direction].push(wire(direction, passed[direction], bytes));
    passed[direction] += bytes.length;
    return bodies;
  };
  const one = (direction: Direction, message: Uint8Array): Uint8Array => {
    const [body] = pass(direction, formatFrame(message));
    if (body === undefined) throw new ProtocolError('cut');
    return body;
  };
  const run = async (direction: Direction, sealer: Sealer, opener: Opener): Promise<void> => {
    try {
      for (const batch of BATCHES[direction]) {
        for (const body of pass(direction, Buffer.concat(await sealer.seal(batch)))) {
          delivered[direction].push(...(await opened(opener, body)));
        }
      }
    } catch (error) {
      errors.push(error);
    }
    outcome[direction] = opener.outcome;
  };

  try {
    const answer = receiver.receiveHello(one('toReceiver', sender.hello));
    const { confirmation, keys } = sender.receiveAnswer(one('toSender', answer));
    const receiverKeys = receiver.receiveConfirmation(one('toReceiver', confirmation));
    await run('toReceiver', new Sealer(keys.sendKey), new Opener(receiverKeys.receiveKey));
    await run('toSender', new Sealer(receiverKeys.sendKey), new Opener(keys.receiveKey));
  } catch (error) {
    errors.push(error);
  }
  return { delivered, outcome, errors, passed };
}

const untouched: Wire = (_direction, _at, bytes) => bytes;

describe('a session of the two sides over a wire', () => {
  it('ends well where nobody touches it', async () => {
    const { delivered, outcome, errors } = await play(untouched);
    expect(errors).toEqual([]);
    expect(outcome).toEqual({ toReceiver: 'finished', toSender: 'finished' });
    expect(delivered).toEqual({ toReceiver: BATCHES.toReceiver.flat(), toSender: BATCHES.toSender.flat() });
  });

  it.each(['toReceiver', 'toSender'] as const)(
    'does not finish where any one byte is changed: %s',
    async (target) => {
      const length = (await play(untouched)).passed[target];
      for (let victim = 0; victim < length; victim += 1) {
        // Another bit with every byte, so that all of them have their turn.
        const mask = 1 << (victim % 8);
        const { delivered, outcome, errors } = await play((direction, at, bytes) => {
          const changed = Buffer.from(bytes);
          const index = victim - at;
          if (direction === target && index >= 0 && index < bytes.length)
            changed[index] = changed[index]! ^ mask;
          return changed;
        });
        const label = `${target} byte ${victim}`;
        expect(outcome[target], label).toBe('cut');
        for (const direction of ['toReceiver', 'toSender'] as const) {
          const sent = BATCHES[direction].flat();
          expect(delivered[direction], label).toEqual(sent.slice(0, delivered[direction].length));
        }
        for (const error of errors) {
          const typed = [AuthenticationError, ProtocolError, WrongCode].some((type) => error instanceof type);
          expect(typed, `${label}: ${String(error)}`).toBe(true);
        }
        const isHandshake = victim < (target === 'toReceiver' ? HELLO_BYTES + 70 : ANSWER_BYTES);
        if (isHandshake) {
          expect(errors, label).toHaveLength(1);
          expect(delivered, label).toEqual({ toReceiver: [], toSender: [] });
        }
      }
    },
  );
});
