import { expect, it } from 'vitest';
import { type TestRelay, startRelay } from '../../helpers/relay.js';

/** Everyone who may be there when somebody is refused, and what each of them goes on to do. */
async function others(relay: TestRelay) {
  const { sender, receiver } = await relay.pair('paired', ':status:key=k', ':status:key=k');
  const waiting = await relay.connect('waiting:sender:status:key=k\nearly, ');
  await waiting.untilText('WAITING 600\n');
  const gone = await relay.pair('held', ':retry:key=k', ':retry:key=k');
  gone.sender.reset();
  await gone.receiver.finish();
  await relay.untilRooms({ waiting: 1, paired: 1, held: 1 });
  sender.write('before, ');
  await receiver.untilText('before, ');

  return async (): Promise<void> => {
    expect(relay.relay.rooms).toEqual({ waiting: 1, paired: 1, held: 1 });
    sender.end('after');
    receiver.end('and back');
    expect(await receiver.untilEnd()).toBe('PAIRED\nbefore, afterDISCONNECT closed\n');
    expect(await sender.untilEnd()).toBe('WAITING 600\nPAIRED\nand backDISCONNECT closed\n');

    const joins = await relay.connect('waiting:receiver:key=k\n');
    await waiting.untilText('PAIRED');
    waiting.end('late');
    expect(await joins.finish()).toBe('early, lateDISCONNECT\n');
    expect(await waiting.untilEnd()).toBe('WAITING 600\nPAIRED\nDISCONNECT closed\n');

    const back = await relay.connect('held:receiver:retry:status:key=k\n');
    await back.untilText('WAITING');
    const backToo = await relay.connect('held:sender:retry:key=k\n');
    backToo.end('again');
    expect(await back.finish()).toMatch(/^WAITING 1[12]\d\nPAIRED\nagainDISCONNECT closed\n$/);
    await relay.untilRooms({ waiting: 0, paired: 0, held: 1 });
  };
}

it.each([
  ['a malformed line', 'nonsense\n', 'Invalid handshake: expected code:role.'],
  ['a line that is too long', 'x'.repeat(300), 'Invalid handshake: the line is longer than 256 bytes.'],
  ['no room', 'nowhere:receiver\n', 'Invalid code or key.'],
  ['a wrong key where somebody waits', 'waiting:receiver:key=x\nnoise', 'Invalid code or key.'],
  ['no key where there is one', 'paired:receiver\nnoise', 'Invalid code or key.'],
  ['a wrong key at a held room', 'held:sender:key=x:retry\nnoise', 'Invalid code or key.'],
  ['a second sender where one waits', 'waiting:sender:key=k\nnoise', 'Code already in use.'],
  ['a second sender where one is paired', 'paired:sender:key=k\nnoise', 'Code already in use.'],
  ['a third in a full room', 'paired:receiver:key=k\nnoise', 'Room is full.'],
])('refused for %s: nobody else notices', async (_, line, words) => {
  await using relay = await startRelay({ lockoutAttempts: 0, lockoutSourceAttempts: 0 });
  const expectUndisturbed = await others(relay);
  // Often, and several at once.
  const answers = await Promise.all(Array.from({ length: 10 }, () => relay.ask(line)));
  expect(new Set(answers)).toEqual(new Set([`${words}\n`]));
  await expectUndisturbed();
});

it('refused for too many failed attempts: nobody else notices', async () => {
  await using relay = await startRelay({ lockoutSourceAttempts: 0 });
  const expectUndisturbed = await others(relay);
  const from = { localAddress: '127.0.0.66' };
  for (const code of ['waiting', 'paired', 'held', 'nowhere']) {
    const answers = [];
    for (let n = 0; n < 5; n += 1) answers.push(await relay.ask(`${code}:receiver:key=x:status\n`, from));
    const tries = (left: number) =>
      `ERROR invalid-code Invalid code or key. You have ${left} tries remaining before this code is blocked.\n`;
    const blocked =
      'ERROR code-blocked Code temporarily blocked due to too many failed attempts. Try again later.\n';
    expect(answers).toEqual([tries(2), tries(1), blocked, blocked, blocked]);
  }
  await expectUndisturbed();
});

it('a client that is reset while it is being refused: nobody else notices', async () => {
  await using relay = await startRelay({ lockoutAttempts: 0, lockoutSourceAttempts: 0 });
  const expectUndisturbed = await others(relay);
  for (const line of [
    'nonsense\n',
    'nowhere:receiver\n',
    'paired:receiver:key=k\n',
    'waiting:sender:key=k\n',
  ]) {
    const clients = await Promise.all([1, 2, 3].map(() => relay.connect(line)));
    for (const client of clients) client.reset();
  }
  await expectUndisturbed();
  expect(relay.faults).toEqual([]);
});
