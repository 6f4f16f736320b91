import { describe, expect, it } from 'vitest';
import { closeRoom } from '../../../src/relay/rooms/close-room.js';
import { Rooms } from '../../../src/relay/rooms/rooms.js';
import { eventually } from '../../helpers/eventually.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';

const SENTENCE = 'Room closed by the operator.\n';
const NONE = { waiting: 0, paired: 0, held: 0 };

/** The name of the only room there is. */
function nameOf({ relay }: TestRelay): string {
  const [only, ...others] = [...relay.list()];
  expect(others).toEqual([]);
  return only!.room;
}

describe('a waiting room that its operator closes', () => {
  it.each([
    ['plain', '', SENTENCE],
    ['with status', ':status', `WAITING 600\nERROR room-closed ${SENTENCE}`],
    ['with raw', ':raw:retry', SENTENCE],
  ])('is gone, and its members are told: %s', async (_, options, said) => {
    await using relay = await startRelay();
    const sender = await relay.connect(`room:sender:receivers=2${options}\n`);
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect(`room:receiver${options}\n`);
    if (options === ':status') await receiver.untilText('WAITING');
    const room = nameOf(relay);
    await eventually(() => expect([...relay.relay.list()][0]?.members).toHaveLength(2));
    expect(relay.relay.closeRoom(room)).toEqual({ kind: 'closed', room, state: 'waiting', members: 2 });
    expect(relay.relay.rooms).toEqual(NONE);
    expect([await sender.finish(), await receiver.finish()]).toEqual([said, said]);
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['room-closed', 'room-closed']);
  });
});

describe('a pairing that its operator closes', () => {
  it.each([
    ['plain', '', 'DISCONNECT\n'],
    ['with status', ':status', 'PAIRED\nDISCONNECT operator\n'],
    ['with raw', ':raw', ''],
  ])('ends, and is not held though it has retry: %s', async (_, options, said) => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('room', `${options}:retry`, `${options}:retry`);
    if (options === ':status') await sender.untilText('PAIRED\n');
    const room = nameOf(relay);
    expect(relay.relay.closeRoom(room)).toEqual({ kind: 'closed', room, state: 'paired', members: 2 });
    expect(relay.relay.rooms).toEqual(NONE);
    expect(await receiver.finish()).toBe(said);
    expect((await sender.finish()).replace('WAITING 600\n', '')).toBe(said);
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['operator', 'operator']);
  });

  it('ends for every receiver of several', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('room:sender:receivers=2\n');
    await relay.untilRooms({ waiting: 1 });
    const receivers = [await relay.connect('room:receiver\n'), await relay.connect('room:receiver\n')];
    await relay.untilRooms({ paired: 1 });
    expect(relay.relay.closeRoom(nameOf(relay))).toMatchObject({ kind: 'closed', members: 3 });
    for (const client of [sender, ...receivers]) expect(await client.finish()).toBe('DISCONNECT\n');
    await relay.untilEmpty();
  });

  it('leaves its code free at once', async () => {
    await using relay = await startRelay();
    const old = await relay.pair('room', ':retry', ':retry');
    relay.relay.closeRoom(nameOf(relay));
    const { sender, receiver } = await relay.pair('room');
    sender.end('new');
    expect(await receiver.finish()).toBe('newDISCONNECT\n');
    for (const client of [sender, old.sender, old.receiver]) await client.finish();
    await relay.untilEmpty();
  });
});

it('a held room that its operator closes is gone', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('room', ':retry');
  sender.end();
  receiver.end();
  await relay.untilRooms({ held: 1 });
  const room = nameOf(relay);
  expect(relay.relay.closeRoom(room)).toEqual({ kind: 'closed', room, state: 'held', members: 0 });
  expect(relay.relay.rooms).toEqual(NONE);
  expect(await relay.ask('room:receiver\n')).toMatch(/^Invalid code or key/);
});

describe('the beginning of a name', () => {
  /** Rooms that wait, with these names; `evicted` fills with who is out. */
  function withRooms(...names: string[]) {
    const evicted: unknown[] = [];
    let now = 0;
    const rooms = new Rooms<{ evict(why: string): void }>({
      now: () => now,
      abandonAfterMs: 10,
      retryWindowMs: 10,
    });
    for (const name of names) {
      const handle = { evict: (why: string) => evicted.push([name, why]) };
      rooms.join(name, handle, { role: 'sender', retry: false, key: undefined, wait: false, receivers: 1 });
    }
    return { rooms, evicted, pass: (ms: number) => (now += ms) };
  }

  it('is enough, where no other name begins so', () => {
    const { rooms, evicted } = withRooms('abcdefg', 'abcdxyz', 'zzzzzzz');
    expect(closeRoom(rooms, 'abcde')).toEqual({
      kind: 'closed',
      room: 'abcdefg',
      state: 'waiting',
      members: 1,
    });
    expect(evicted).toEqual([['abcdefg', 'room-closed']]);
    expect(rooms.counts().waiting).toBe(2);
  });

  it('is not, where others do: some of them are told, and none is closed', () => {
    const names = Array.from({ length: 9 }, (_, index) => `abcd${index}`);
    const { rooms, evicted } = withRooms(...names);
    expect(closeRoom(rooms, 'abcd')).toEqual({ kind: 'ambiguous', rooms: names.slice(0, 5) });
    expect(evicted).toEqual([]);
  });

  it.each(['', 'a', 'abc', 'bcde', 'abcdefgh', 'ABCD'])('%j closes nothing', (beginning) => {
    const { rooms, evicted } = withRooms('abcdefg');
    expect(closeRoom(rooms, beginning)).toEqual({ kind: 'unknown' });
    expect(evicted).toEqual([]);
  });

  it('of a room whose time is up closes nothing, and hides no other', () => {
    const { rooms, pass } = withRooms('abcd1');
    pass(10);
    expect(closeRoom(rooms, 'abcd')).toEqual({ kind: 'unknown' });
    rooms.join(
      'abcd2',
      { evict: () => undefined },
      { role: 'sender', retry: false, key: undefined, wait: false, receivers: 1 },
    );
    expect(closeRoom(rooms, 'abcd')).toMatchObject({ kind: 'closed', room: 'abcd2' });
  });
});
