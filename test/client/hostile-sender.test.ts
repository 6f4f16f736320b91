import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/transfer/entry.js';
import type { TransferEvent } from '../../src/transfer/events.js';
import type { Message } from '../../src/transfer/channel/messages.js';
import {
  bareMessage,
  bytesMessage,
  jsonMessage,
  MAX_ZEROS,
  parseStop,
  TransferMessage,
} from '../../src/transfer/transfer-messages.js';
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
const fileEnd = (bytes: Buffer = BYTES): Message => bytesMessage(TransferMessage.fileEnd, bytes.length);
const aDirectory = (path: string): Message => entry({ path, kind: 'directory', size: 0 });
const zeros = (bytes: number): Message => bytesMessage(TransferMessage.zeros, bytes);
const failed = (change: object = {}): Message =>
  jsonMessage(TransferMessage.failed, {
    path: 'file/a',
    kind: 'file',
    size: 1,
    executable: false,
    modifiedMs: 0,
    offset: 0,
    why: 'gone',
    ...change,
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
  let asked = 0;
  const receiving = startReceiving(relay.port, HOSTILE_CODE, `${world.path}/in/here`, {
    giveUpAfterMs: 300,
    stdout,
    output,
    agree: () => Promise.resolve((asked += 1) > 0),
  });
  const heard = await playSender(await joining, script);
  const end = await endOf(receiving);
  const message = await receiving.done.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  const written = [...(await finals(`${world.path}/in/here`)).keys()];
  const left = (await tree(`${world.path}/in/here`)).map((line) => line.split(' ')[0]);
  const outside = (await tree(world.path)).filter((line) => !line.startsWith('/in/here'));
  expect(outside.map((line) => line.split(' ')[0])).toEqual(['/in', '/outside']);
  const stops = heard.flatMap(({ type, payload }) =>
    type === TransferMessage.stop ? [parseStop(payload)] : [],
  );
  const types = heard.map(({ type }) => type);
  return { end, message, written, left, heard: types, stops, asked, events: receiving.events, stdout };
}

it('is honest: everything lands', async () => {
  const { end, written } = await receiveFrom({ offer: OFFER, messages: HONEST });
  expect(written).toEqual(['file']);
  expect(end).toBe('done');
});

const NAMES = ['../x', '/x', 'a/../../x', '..', '.', '', '.relay-receive-7302'];

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
  ['an entry that was not offered', [entry({ path: 'other' }), data(), fileEnd(), COMPLETE], 'mismatch'],
  ['a larger entry', [entry({ size: 200_000 }), data(), data(), fileEnd(), COMPLETE], 'hostile-offer'],
  ['more bytes than the entry has', [entry(), data(), data(), fileEnd(), COMPLETE], 'hostile-offer'],
  ['fewer bytes', [entry(), data(BYTES.subarray(1)), fileEnd(BYTES.subarray(1)), COMPLETE], 'mismatch'],
  ['another count', [entry(), data(), fileEnd(BYTES.subarray(1)), COMPLETE], 'mismatch'],
  [
    'another count than came, of a file that nobody knew the size of',
    [entry({ size: undefined }), data(BYTES.subarray(1)), fileEnd(), COMPLETE],
    'mismatch',
  ],
  ['more zeros than the entry has', [entry(), zeros(BYTES.length + 1), fileEnd(), COMPLETE], 'hostile-offer'],
  ['zeros behind all of it', [entry(), data(), zeros(1), fileEnd(), COMPLETE], 'hostile-offer'],
  ['no zeros at all', [entry(), zeros(0), data(), fileEnd(), COMPLETE], 'protocol'],
  ['too many zeros at once', [entry(), zeros(MAX_ZEROS + 1), fileEnd(), COMPLETE], 'protocol'],
  ['zeros before an entry', [zeros(1), entry(), data(), fileEnd(), COMPLETE], 'protocol'],
  ['no count', [entry(), data(), bareMessage(TransferMessage.fileEnd), COMPLETE], 'protocol'],
  ['no entry', [COMPLETE], 'mismatch'],
  ['a file without its end', [entry(), data(), COMPLETE], 'protocol'],
  ['data before an entry', [data(), entry(), fileEnd(), COMPLETE], 'protocol'],
  ['an end before an entry', [fileEnd(), COMPLETE], 'protocol'],
  ['an entry inside of an entry', [entry(), data(), entry({ path: 'file' }), COMPLETE], 'protocol'],
  ['rights that are none', [entry({ mode: 0o1777 }), data(), fileEnd(), COMPLETE], 'protocol'],
  ['a second offer', [jsonMessage(TransferMessage.offer, OFFER), ...HONEST], 'protocol'],
  ['a move in the middle', [entry(), jsonMessage(TransferMessage.move, {})], 'protocol'],
  ['an entry that is no JSON', [{ type: TransferMessage.entry, payload: Buffer.from('{') }], 'protocol'],
  ['an offset that the receiver is not at', [entry({ offset: 5 }), data()], 'mismatch'],
];

describe.concurrent('a sender that knows the code and sends', () => {
  it.each(CASES)('%s: nothing has its final name', async (_what, messages, expected) => {
    const { end, message, written, stops, events } = await receiveFrom({ offer: OFFER, messages });
    expect(message).toMatch(/^["A-Z].*\.$/);
    expect(end).toBe(expected);
    expect(stops).toEqual([expected === 'protocol' ? 'stopped' : expected]);
    expect(written).toEqual([]);
    expect(events.map(({ event }) => event)).not.toContain('done');
  });

  it.each([
    ['a hostile path', [entry({ path: 'file/../b' })], 'hostile-offer'],
    [
      'a hostile path behind directories',
      [aDirectory('file'), aDirectory('file/sub'), entry({ path: 'file/../b' })],
      'hostile-offer',
    ],
    ['a breach in a file without a byte', [entry({ path: 'file/sub/x' }), entry()], 'protocol'],
  ])('%s, and no file: nothing is left', async (_what, messages, expected) => {
    const offer = { ...OFFER, entries: 5 };
    const { end, left } = await receiveFrom({ offer, messages: [...messages, data(), fileEnd(), COMPLETE] });
    expect({ end, left }).toEqual({ end: expected, left: [] });
  });

  it.each([
    ['that was not offered', [failed({ path: 'other' })], 'mismatch'],
    ['with a hostile path', [failed({ path: 'file/../x' })], 'hostile-offer'],
    ['larger than all', [failed({ size: 200_000 })], 'hostile-offer'],
    ['more often than there are entries', [failed(), failed(), failed(), failed()], 'hostile-offer'],
    ['in the middle of another', [entry({ path: 'file/b', size: 5 }), failed()], 'protocol'],
    ['that is no entry', [jsonMessage(TransferMessage.failed, { why: 'gone' })], 'protocol'],
    ['and leaves out others', [failed(), COMPLETE], 'mismatch'],
    ['and sends more for it', [failed(), failed(), entry({ path: 'file/c' }), data()], 'hostile-offer'],
  ] as const)('a failure %s: it is not done', async (_what, messages, expected) => {
    const offer = { ...OFFER, entries: 3 };
    const { end, left } = await receiveFrom({ offer, messages: [...messages, data(), fileEnd(), COMPLETE] });
    expect({ end, left }).toEqual({ end: expected, left: [] });
  });

  it('a failure of the only entry: a protocol error, since that is the end', async () => {
    const { end } = await receiveFrom({ offer: OFFER, messages: [failed({ path: 'file' }), COMPLETE] });
    expect(end).toBe('protocol');
  });

  it('nothing but failures: that is no success, and only some are named', async () => {
    const offer: Offer = { kind: 'files', names: ['file'], entries: 1_000, bytes: 1_000 };
    const messages = Array.from({ length: 1_000 }, (_, n) =>
      failed({ path: n === 0 ? 'file' : `file/${n}`, why: 'hunger' }),
    );
    const { end, events, written } = await receiveFrom({ offer, messages: [...messages, COMPLETE] });
    expect({ end, written }).toEqual({ end: 'source', written: [] });
    const done = events.at(-1) as Extract<TransferEvent, { event: 'done' }>;
    expect(done).toMatchObject({
      event: 'done',
      files: 0,
      bytes: 0,
      names: [],
      failed: { count: 1_000 },
    });
    expect(done.failed!.named).toHaveLength(20);
    expect(done.failed!.named[0]).toEqual({ path: 'file', why: 'unreadable' });
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

  it.each(CASES)(
    '%s to standard output: it is not done, and no more goes there than was offered',
    async (_what, messages, expected) => {
      const { end, message, stdout, events } = await receiveFrom({ offer: OFFER, messages }, '-');
      expect(message).toMatch(/^["A-Z].*\.$/);
      expect(end).toBe(expected);
      expect(stdout.bytes.length).toBeLessThanOrEqual(BYTES.length);
      expect(events.map(({ event }) => event)).not.toContain('done');
    },
  );

  it.each([
    ['another path', [entry({ path: 'other' }), data(), fileEnd(), COMPLETE], 'mismatch'],
    ['a hostile path', [entry({ path: 'file/../b' }), data(), fileEnd(), COMPLETE], 'hostile-offer'],
    ['a larger entry', [entry({ size: 200_000 }), data(), data(), COMPLETE], 'hostile-offer'],
    [
      'an endless entry',
      [entry({ size: undefined }), data(Buffer.alloc(100_001)), COMPLETE],
      'hostile-offer',
    ],
    ['a directory', [aDirectory('file'), COMPLETE], 'destination'],
  ])('%s to standard output: not a byte goes there', async (_what, messages, expected) => {
    const { end, stdout } = await receiveFrom({ offer: OFFER, messages }, '-');
    expect({ end, bytes: stdout.bytes.length }).toEqual({ end: expected, bytes: 0 });
  });

  it('zeros of a stream, to which nobody has agreed', async () => {
    const offer: Offer = { kind: 'stream', names: ['file'], entries: 1, bytes: undefined };
    const messages = [entry({ size: undefined }), zeros(5), COMPLETE];
    expect((await receiveFrom({ offer, messages })).end).toBe('protocol');
  });

  it('a text: the person is asked, who knows its size', async () => {
    const text = Buffer.alloc(100, 'x');
    const offer: Offer = { kind: 'text', names: ['text'], entries: 1, bytes: text.length };
    const messages = [entry({ path: 'text', size: text.length }), data(text), fileEnd(text), COMPLETE];
    expect(await receiveFrom({ offer, messages })).toMatchObject({ end: 'done', asked: 1 });
  });

  it('a text that need never end: refused before anybody is asked', async () => {
    const offer: Offer = { kind: 'text', names: ['text'], entries: 1, bytes: undefined };
    const { end, asked, stdout } = await receiveFrom({ offer, messages: [entry({ path: 'text' }), data()] });
    expect({ end, asked, bytes: stdout.bytes.length }).toEqual({ end: 'mismatch', asked: 0, bytes: 0 });
  });

  it('a text of another size than offered: it is not done', async () => {
    const offer: Offer = { kind: 'text', names: ['text'], entries: 1, bytes: 10 };
    const bytes = Buffer.from('x');
    const messages = [entry({ path: 'text', size: 1 }), data(bytes), fileEnd(bytes), COMPLETE];
    expect((await receiveFrom({ offer, messages })).end).toBe('mismatch');
  });

  it.each([
    ['more than one thing', { entries: 2 }, 'destination'],
    ['a hostile name', { names: ['a/b'] }, 'hostile-offer'],
  ])('%s for standard output: refused before anybody is asked', async (_what, change, expected) => {
    const { end, asked } = await receiveFrom({ offer: { ...OFFER, ...change }, messages: HONEST }, '-');
    expect({ end, asked }).toEqual({ end: expected, asked: 0 });
  });
});

describe.concurrent('a sender that says of what has landed that it will not come', () => {
  const small = { size: 1 };
  const x = Buffer.from('x');

  it.each([
    ['after it', [entry(small), data(x), fileEnd(x), failed({ path: 'file' })], ['file']],
    [
      'before what is in it',
      [
        failed({ path: 'file', kind: 'directory', size: 0 }),
        ...[entry({ ...small, path: 'file/a' }), data(x), fileEnd(x)],
      ],
      ['file', 'file/a'],
    ],
  ])('%s: it is not complete, and what lies there is named', async (_when, messages, there) => {
    const offer: Offer = { kind: 'files', names: ['file'], entries: 2, bytes: 0 };
    // Of what does not come the bytes count, too.
    const bytes = there.length === 1 ? 2 : 1;
    const played = { offer: { ...offer, bytes }, messages: [...messages, COMPLETE] };
    const { end, left, events } = await receiveFrom(played);
    expect(end).toBe('source');
    expect(left).toEqual(expect.arrayContaining(there.map((path) => `/${path}`)));
    expect(events.find(({ event }) => event === 'done')).toMatchObject({
      names: ['file'],
      failed: { count: 1 },
    });
  });
});

describe.concurrent('a sender that offers 1 MB and starts over', () => {
  const MB = 1_000_000;
  const ROUNDS = 20;
  const offer: Offer = { kind: 'files', names: ['d'], entries: 100, bytes: MB };
  const RESTART = bareMessage(TransferMessage.restart);
  /** Another file each time. */
  const round = (n: number): Message[] => {
    const bytes = Buffer.alloc(MB / 2, n);
    return [RESTART, entry({ path: `d/${n}`, size: bytes.length }), data(bytes), fileEnd(bytes)];
  };
  const bytesIn = async (root: string): Promise<number> => {
    const found = [...(await finals(root)).values()];
    return found.reduce((sum, { length }) => sum + length, 0);
  };

  it('again and again: no more than that is written', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const joining = joinAs('sender', relay.port);
    await relay.untilRooms({ waiting: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path);
    const messages = Array.from({ length: ROUNDS }, (_, n) => round(n)).flat();
    const heard = await playSender(await joining, { offer, messages: [...messages, COMPLETE] });
    expect(await endOf(receiving)).toBe('hostile-offer');
    expect(heard.map(({ type }) => type)).toContain(TransferMessage.stop);
    expect(await bytesIn(to.path)).toBe(MB);
  });

  it('on a new line each time: no more than that is written', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    let joining = joinAs('sender', relay.port);
    await relay.untilRooms({ waiting: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path);
    const controller = new AbortController();
    receiving.done.catch(() => controller.abort());
    const isOver = (): boolean => controller.signal.aborted;
    for (let n = 0; n < ROUNDS && !isOver(); n += 1) {
      const session = await joining;
      await session.send(jsonMessage(TransferMessage.offer, offer));
      expect((await session.receive())?.type).toBe(TransferMessage.answer);
      for (const message of round(n)) await session.send(message);
      while (!isOver() && !(await finals(to.path)).has(`d/${n}`)) await setImmediate();
      session.abandon();
      if (!isOver()) joining = joinAs('sender', relay.port);
    }
    expect(isOver()).toBe(true);
    expect(await endOf(receiving)).toBe('hostile-offer');
    expect(await bytesIn(to.path)).toBeLessThanOrEqual(MB);
  });
});
