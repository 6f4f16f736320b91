import { nodePlatform } from '../../src/client/platform.js';
import { expect, it } from 'vitest';
import { formatFrame } from '../../src/transfer/channel/frames.js';
import { SenderAgreement } from '../../src/transfer/keys/key-agreement.js';
import { jsonMessage, TransferMessage } from '../../src/transfer/transfer-messages.js';
import { Client } from '../helpers/client.js';
import { endOf, HOSTILE_CODE, joinAs } from '../helpers/hostile.js';
import { startRelay } from '../helpers/relay.js';
import { scratch, startReceiving, tree } from '../helpers/transfer.js';

const OFFER = { kind: 'files', names: ['file'], entries: 1, bytes: 5 };
/** Of the receiver's answer, with its length. */
const ANSWER_BYTES = 102;

/**
 * Poses as the sender with a guess, and hangs up once the receiver's answer is there: with it the guess can be checked,
 * and the receiver sees a line that was cut. Tries again where its place is not free yet.
 * @param over nobody will answer any more
 * @returns whether there was an answer
 */
async function guess(port: number, over = new AbortController().signal): Promise<boolean> {
  while (!over.aborted) {
    using client = await Client.connect(port, { line: '7302:sender:retry:raw\n' });
    over.addEventListener('abort', () => client[Symbol.dispose]());
    client.write(
      formatFrame(new SenderAgreement({ nameplate: '7302', password: 'wrong-guess' }, nodePlatform).hello),
    );
    await client.until(({ bytes, closed }) => closed || bytes.length >= ANSWER_BYTES);
    if (client.bytes.length < ANSWER_BYTES) continue;
    client.reset();
    return true;
  }
  return false;
}

/** Guesses until the receiver has ended. @returns how many answers there were, and how it ended */
async function guessOn(port: number, receiving: ReturnType<typeof startReceiving>) {
  const over = new AbortController();
  const ended = endOf(receiving).finally(() => over.abort());
  let answers = 0;
  while (answers < 10 && (await guess(port, over.signal))) answers += 1;
  receiving.abort(new Error('still there'));
  return { answers, end: await ended };
}

it('a receiver answers three times to whoever cuts the line then, and no more', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  const joining = guess(relay.port);
  await relay.untilRooms({ waiting: 1 });
  const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path);
  await joining;
  expect(await guessOn(relay.port, receiving)).toEqual({ answers: 2, end: 'wrong-code' });
  await expect(receiving.done).rejects.toThrow(/^3 times somebody .* with a new one\.$/);
});

it('three times in all, also where the true sender was there before and in between', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  const meet = async (): Promise<void> => {
    const session = await joinAs('sender', relay.port);
    await session.send(jsonMessage(TransferMessage.offer, OFFER));
    await session.expect(TransferMessage.answer);
    session.abandon();
  };
  const meeting = meet();
  await relay.untilRooms({ waiting: 1 });
  // After three guesses it opens no more to anybody at the door, and waits in the room that only its sender knows of.
  const options = { giveUpAfterMs: 8_000, timing: { doorAfterMs: { sender: 10, receiver: 10 } } };
  const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path, options);
  await meeting;
  await guess(relay.port);
  await meet();
  expect(await guessOn(relay.port, receiving)).toEqual({ answers: 2, end: 'wrong-code' });
  expect(await tree(to.path)).toEqual([]);
});
