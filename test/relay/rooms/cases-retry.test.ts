import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { type TestRelay, startRelay } from '../../helpers/relay.js';

const EXPIRED = 'Room expired: nobody joined in time.\n';

afterEach(() => {
  vi.useRealTimers();
});

/** Both come back to a held room, by these lines and in this order, and the relay carries on for them. */
async function expectBack(relay: TestRelay, lines: readonly [string, string]): Promise<void> {
  await relay.untilRooms({ waiting: 0, paired: 0, held: 1 });
  const first = await relay.connect(`${lines[0]}\n`);
  await eventually(() => expect(relay.open()).toBe(1));
  const second = await relay.connect(`${lines[1]}\n`);
  await relay.untilRooms({ paired: 1, held: 0 });
  first.write('hello, second');
  second.write('hello, first');
  await first.untilText('hello, first');
  await second.untilText('hello, second');
  first.end();
  second.end();
  await relay.untilRooms({ paired: 0, held: 1 });
  for (const client of [first, second]) await client.untilClosed();
  await eventually(() => expect(relay.open()).toBe(0));
}

describe('retry_one_side', () => {
  it.each([
    ['sender', 'one:sender:retry', 'one:receiver'],
    ['receiver', 'one:sender', 'one:receiver:retry'],
  ])('asked for by the %s: the room is held for both', async (_, sends, receives) => {
    await using relay = await startRelay();
    const sender = await relay.connect(`${sends}\n`);
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect(`${receives}\n`);
    await relay.untilRooms({ paired: 1 });
    sender.write('the first half');
    await receiver.untilText('half');
    receiver.reset();
    expect(await sender.finish()).toBe('DISCONNECT\n');
    await expectBack(relay, [sends, receives]);
    await expectBack(relay, [receives, sends]);
  });

  it('without it, the room is gone', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('none');
    receiver.reset();
    await sender.finish();
    await relay.untilEmpty();
    expect(await relay.ask('none:receiver\n')).toMatch(/^Invalid code or key/);
  });
});

describe('retry_both_sides_any_order', () => {
  const LINES = ['both:sender:retry:key=k', 'both:receiver:retry:key=k'] as const;

  it.each([
    ['the sender is lost', 'sender', 'reset'],
    ['the receiver is lost', 'receiver', 'reset'],
    ['the sender ends in order', 'sender', 'end'],
    ['the receiver ends in order', 'receiver', 'end'],
  ] as const)('after %s', async (_, who, how) => {
    await using relay = await startRelay();
    const pair = await relay.pair('both', ':retry:key=k', ':retry:key=k');
    const { [who]: leaving, [who === 'sender' ? 'receiver' : 'sender']: left } = pair;
    leaving[how]();
    expect(await left.finish()).toBe('DISCONNECT\n');
    await expectBack(relay, LINES);
    await expectBack(relay, [LINES[1], LINES[0]]);
  });

  it('nothing of the first connection is in the second', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('both', ':retry', ':retry');
    sender.write('old');
    await receiver.untilText('old');
    receiver.reset();
    sender.write('lost with it');
    await sender.finish();
    await relay.untilRooms({ held: 1 });
    const back = await relay.connect('both:receiver:retry\n');
    const again = await relay.connect('both:sender:retry\nnew');
    again.end();
    back.end();
    expect(await back.untilEnd()).toBe('newDISCONNECT\n');
  });

  it('a held room knows its key', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('both', ':retry:key=k', ':retry:key=k');
    sender.reset();
    await receiver.finish();
    await relay.untilRooms({ held: 1 });
    expect(await relay.ask('both:receiver:retry\n')).toMatch(/^Invalid code or key/);
    expect(await relay.ask('both:sender:retry:key=K\n')).toMatch(/^Invalid code or key/);
    await expectBack(relay, LINES);
  });
});

describe('the window of a held room', () => {
  it('is what who comes back first waits for, in whole seconds', async () => {
    await using relay = await startRelay({ retryWindowMs: 40_000 });
    const { sender, receiver } = await relay.pair('held', ':retry');
    sender.reset();
    await receiver.finish();
    const back = await relay.connect('held:receiver:status\n');
    await back.untilText('WAITING');
    expect(back.text).toMatch(/^WAITING (40|39)\n$/);
  });

  it.each([
    ['receiver:retry', '', EXPIRED],
    ['sender:retry:status', 'WAITING 120\n', `WAITING 120\nERROR room-expired ${EXPIRED}`],
  ])('is over when it is over, for who came back too: %s', async (line, first, words) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    await using relay = await startRelay({ cleanupIntervalMs: 20 });
    const { sender, receiver } = await relay.pair('held', ':retry');
    sender.reset();
    await receiver.finish();
    const back = await relay.connect(`held:${line}\n`);
    await back.untilText(first);
    // Who has no answer to wait for is in the room when another one finds its place taken.
    await untilTaken(relay, `held:${line}\n`);
    vi.advanceTimersByTime(119_999);
    await untilTaken(relay, `held:${line}\n`);
    vi.advanceTimersByTime(1);
    expect(await back.finish()).toBe(words);
    await relay.untilEmpty();
    expect(relay.records.at(-1)).toMatchObject({ ending: 'room-expired', waitedMs: 120_000 });
    expect(await relay.ask('held:receiver:retry\n')).toMatch(/^Invalid code or key/);
  });
});

async function untilTaken(relay: TestRelay, line: string): Promise<void> {
  expect(await relay.ask(line)).toMatch(/Code already in use\.\n|Room is full\.\n/);
}

it('half_open_old_socket: while it waits, a keyed newcomer replaces it', async () => {
  await using relay = await startRelay();
  const line = 'open:sender:retry:status:key=k\n';
  const old = await relay.connect(line);
  await old.untilText('WAITING');
  const fresh = await relay.connect(line);
  await fresh.untilText('WAITING 600\n');
  expect(await old.untilEnd()).toBe('WAITING 600\nDISCONNECT lost\n');
  const receiver = await relay.connect('open:receiver:key=k\n');
  await fresh.untilText('PAIRED');
  old.write('from the old one');
  old.end();
  fresh.end('from the new one');
  expect(await receiver.finish()).toBe('from the new oneDISCONNECT\n');
  await relay.untilRooms({ held: 1 });
  expect(relay.records.find(({ pairedMs, role }) => role === 'sender' && pairedMs === 0)).toMatchObject({
    ending: 'lost',
  });
});

it('half_open_old_socket: a waiting receiver is replaced too, before its sender comes', async () => {
  await using relay = await startRelay();
  const line = 'open:receiver:wait:retry:status:key=k\n';
  const old = await relay.connect(line);
  await old.untilText('WAITING');
  const fresh = await relay.connect(line);
  await fresh.untilText('WAITING');
  const sender = await relay.connect('open:sender:retry:key=k\n');
  await fresh.untilText('PAIRED');
  expect(await old.finish()).toBe('WAITING 600\nDISCONNECT lost\n');
  sender.end('file');
  expect(await fresh.finish()).toBe('WAITING 600\nPAIRED\nfileDISCONNECT closed\n');
});

it.each(['sender', 'receiver'] as const)(
  'half_open_old_socket: paired, a keyed %s replaces it, and both come back to the held room',
  async (role) => {
    await using relay = await startRelay();
    const options = ':retry:status:key=k';
    const pair = await relay.pair('open', options, options);
    const old = pair[role];
    const peer = pair[role === 'sender' ? 'receiver' : 'sender'];
    await old.untilText('PAIRED');
    peer.write('before');
    await old.untilText('before');

    const fresh = await relay.connect(`open:${role}${options}\n`);
    await fresh.untilText('WAITING 120\n');
    expect(await peer.finish()).toMatch(/PAIRED\nDISCONNECT lost\n$/);
    await old.finish();
    expect(old.text).toMatch(/PAIRED\nbeforeDISCONNECT lost\n$/);
    const back = await relay.connect(`open:${role === 'sender' ? 'receiver' : 'sender'}${options}\n`);
    await fresh.untilText('PAIRED\n');
    await back.untilText('PAIRED\n');
    fresh.write('after');
    await back.untilText('after');
    expect(fresh.text).toBe('WAITING 120\nPAIRED\n');
  },
);

it.each([
  ['without a key', ':retry', ':retry'],
  ['with the key, and without retry', ':retry:key=k', ':key=k'],
])('half_open_old_socket: %s nobody replaces anybody', async (_, first, newcomer) => {
  await using relay = await startRelay();
  const sender = await relay.connect(`open:sender${first}\n`);
  await relay.untilRooms({ waiting: 1 });
  expect(await relay.ask(`open:sender${newcomer}\n`)).toBe('Code already in use.\n');
  const receiver = await relay.connect(`open:receiver${first}\n`);
  await relay.untilRooms({ paired: 1 });
  expect(await relay.ask(`open:sender${newcomer}\n`)).toBe('Code already in use.\n');
  expect(await relay.ask(`open:receiver${newcomer}\n`)).toBe('Room is full.\n');
  sender.end('undisturbed');
  receiver.end();
  expect(await receiver.untilEnd()).toBe('undisturbedDISCONNECT\n');
});
