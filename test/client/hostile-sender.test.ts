import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/client/entry.js';
import type { Message } from '../../src/client/messages.js';
import { bareMessage, jsonMessage, TransferMessage } from '../../src/client/transfer-messages.js';
import { endOf, finals, HOSTILE_CODE, joinAs, playSender, type Script } from '../helpers/hostile.js';
import { startRelay } from '../helpers/relay.js';
import { Collected, plant, scratch, startReceiving, tree } from '../helpers/transfer.js';

const BYTES = Buffer.alloc(100_000, 'x');
const OFFER: Offer = { kind: 'files', names: ['file'], entries: 1, bytes: BYTES.length };
const COMPLETE = bareMessage(TransferMessage.complete);

const entry = (change: object = {}): Message =>
  jsonMessage(TransferMessage.entry, {
    path: 'file',
    kind: 'file',
    size: BYTES.length,
    executable: false,
    modifiedMs: 0,
    offset: 0,
    ...change,
  });
const data = (payload: Buffer = BYTES): Message => ({ type: TransferMessage.data, payload });
const fileEnd = (bytes: Buffer = BYTES): Message => ({
  type: TransferMessage.fileEnd,
  payload: createHash('sha256').update(bytes).digest(),
});
const HONEST = [entry(), data(), fileEnd(), COMPLETE];

/** An honest receiver below a directory of its own, and a sender that says what it likes. */
async function receiveFrom(script: Script, output?: string) {
  await using relay = await startRelay();
  await using world = await scratch();
  await plant(world.path, { 'in/here/': '', outside: 'untouched' });
  const joining = joinAs('sender', relay.port);
  await relay.untilRooms({ waiting: 1 });
  const stdout = new Collected();
  const receiving = startReceiving(relay.port, HOSTILE_CODE, `${world.path}/in/here`, {
    giveUpAfterMs: 300,
    stdout,
    output,
  });
  const heard = await playSender(await joining, script);
  const end = await endOf(receiving);
  const message = await receiving.done.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  const written = [...(await finals(`${world.path}/in/here`)).keys()];
  const outside = (await tree(world.path)).filter((line) => !line.startsWith('/in/here'));
  expect(outside.map((line) => line.split(' ')[0])).toEqual(['/in', '/outside']);
  return { end, message, written, heard: heard.map(({ type }) => type), events: receiving.events, stdout };
}

it('is honest: everything lands', async () => {
  const { end, written } = await receiveFrom({ offer: OFFER, messages: HONEST });
  expect(written).toEqual(['file']);
  expect(end).toBe('done');
});

const NAMES = [
  '../x',
  '/x',
  'C:\\x',
  '\\\\srv\\x',
  'a/../../x',
  '..',
  '.',
  '',
  'NUL',
  'a:b',
  'dot.',
  '.relay-receive-7302',
  'bell\u0007',
];

describe.concurrent('a sender that knows the code and offers', () => {
  it.each(NAMES)('the name %j is refused before anybody is asked, and told', async (name) => {
    const offer = { ...OFFER, names: [name] };
    const { end, message, written, heard } = await receiveFrom({
      offer,
      messages: [entry({ path: name }), data(), fileEnd(), COMPLETE],
    });
    expect(end).toBe('hostile-offer');
    expect(message).toMatch(/^[^\p{Cc}]+\.$/u);
    expect(written).toEqual([]);
    expect(heard).toEqual([TransferMessage.stop]);
  });

  it.each([
    ['no JSON', { type: TransferMessage.offer, payload: Buffer.from('[') }],
    ['a negative size', jsonMessage(TransferMessage.offer, { ...OFFER, bytes: -1 })],
    ['names that are none', jsonMessage(TransferMessage.offer, { ...OFFER, names: [1] })],
    ['too many names', jsonMessage(TransferMessage.offer, { ...OFFER, names: Array(10_001).fill('a') })],
    ['another kind of thing', jsonMessage(TransferMessage.offer, { ...OFFER, kind: 'links' })],
  ])('%s is refused', async (_what, message) => {
    await using relay = await startRelay();
    await using to = await scratch();
    const joining = joinAs('sender', relay.port);
    await relay.untilRooms({ waiting: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path);
    const session = await joining;
    await session.send(message);
    expect(await endOf(receiving)).toBe('protocol');
    session.abandon();
    expect(await tree(to.path)).toEqual([]);
  });
});

const CASES: readonly (readonly [string, readonly Message[], string])[] = [
  ['an entry outside', [entry({ path: 'file/../../x' }), data(), fileEnd(), COMPLETE], 'hostile-offer'],
  ['an entry that was not offered', [entry({ path: 'other' }), data(), fileEnd(), COMPLETE], 'destination'],
  ['a larger entry', [entry({ size: 200_000 }), data(), data(), fileEnd(), COMPLETE], 'hostile-offer'],
  ['more bytes than the entry has', [entry(), data(), data(), fileEnd(), COMPLETE], 'hostile-offer'],
  ['fewer bytes', [entry(), data(BYTES.subarray(1)), fileEnd(BYTES.subarray(1)), COMPLETE], 'destination'],
  ['another sha256', [entry(), data(), fileEnd(Buffer.from('other')), COMPLETE], 'destination'],
  [
    'a sha256 that is too short',
    [entry(), data(), bareMessage(TransferMessage.fileEnd), COMPLETE],
    'destination',
  ],
  ['no entry', [COMPLETE], 'destination'],
  ['a file without its end', [entry(), data(), COMPLETE], 'protocol'],
  ['data before an entry', [data(), entry(), fileEnd(), COMPLETE], 'protocol'],
  ['an end before an entry', [fileEnd(), COMPLETE], 'protocol'],
  ['an entry inside of an entry', [entry(), data(), entry({ path: 'file' }), COMPLETE], 'protocol'],
  ['a second offer', [jsonMessage(TransferMessage.offer, OFFER), ...HONEST], 'protocol'],
  ['a move in the middle', [entry(), jsonMessage(TransferMessage.move, {})], 'protocol'],
  ['an entry that is no JSON', [{ type: TransferMessage.entry, payload: Buffer.from('{') }], 'protocol'],
  ['an offset that the receiver is not at', [entry({ offset: 5 }), data()], 'destination'],
];

describe.concurrent('a sender that knows the code and sends', () => {
  it.each(CASES)('%s: nothing has its final name', async (_what, messages, expected) => {
    const { end, message, written, events } = await receiveFrom({ offer: OFFER, messages });
    expect(message).toMatch(/^["A-Z].*\.$/);
    expect(end).toBe(expected);
    expect(written).toEqual([]);
    expect(events.map(({ event }) => event)).not.toContain('done');
  });

  it('one entry more: what was complete stays, and it is not done', async () => {
    const messages = [entry(), data(), fileEnd(), entry({ path: 'file2', size: 0 }), COMPLETE];
    const { end, written } = await receiveFrom({ offer: OFFER, messages });
    expect(end).toBe('hostile-offer');
    expect(written).toEqual(['file']);
  });

  it('a message behind the last one: all is there, and that is said', async () => {
    const { end, written } = await receiveFrom({ offer: OFFER, messages: [...HONEST, data()] });
    expect({ end, written }).toEqual({ end: 'done', written: ['file'] });
  });

  it.each(CASES.filter(([, , expected]) => expected === 'protocol'))(
    '%s to standard output: it is not done, and no more goes there',
    async (_what, messages) => {
      const { end, message, stdout } = await receiveFrom({ offer: OFFER, messages }, '-');
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(end).toBe('protocol');
      expect(stdout.bytes.length).toBeLessThanOrEqual(BYTES.length);
    },
  );
});
