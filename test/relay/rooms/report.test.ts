import { describe, expect, it } from 'vitest';
import type { ConnectionReport } from '../../../src/relay/observer.js';
import { reportRooms } from '../../../src/relay/rooms/report.js';
import { Rooms } from '../../../src/relay/rooms/rooms.js';
import { startRelay } from '../../helpers/relay.js';

const NOTHING = { retry: false, key: undefined, receivers: 1 };
const TIMES = { abandonAfterMs: 1000, retryWindowMs: 300 };

class Somebody {
  readonly told: ConnectionReport;
  constructor(source: string, pairedMs = 0) {
    this.told = { source, sender: undefined, bytesIn: 1, bytesOut: 2, waitedMs: 3, pairedMs };
  }
  report(): ConnectionReport {
    return this.told;
  }
}

function setUp() {
  const clock = { now: 5000 };
  const now = (): number => clock.now;
  const rooms = new Rooms<Somebody>({ ...TIMES, now });
  return {
    clock,
    rooms,
    wait: (name: string, who = new Somebody(name)) => {
      rooms.join(name, who, { ...NOTHING, role: 'sender', wait: false });
      return who;
    },
    join: (name: string, retry = false, who = new Somebody(name, 40)) => {
      rooms.join(name, who, { ...NOTHING, role: 'receiver', retry, wait: true });
      return who;
    },
    reports: () => reportRooms(rooms, { ...TIMES, now }),
  };
}

describe('what an operator is told of a room', () => {
  it('is its state, its age in it, what is left of its time, and its members', () => {
    const { clock, wait, join, rooms, reports } = setUp();
    wait('h');
    rooms.unregister(join('h', true));
    clock.now += 100;
    wait('w');
    wait('p', new Somebody('p', 39));
    join('p');
    clock.now += 50;
    const member = { sender: undefined, bytesIn: 1, bytesOut: 2, waitedMs: 3 };
    expect([...reports()]).toEqual([
      {
        room: 'p',
        state: 'paired',
        ageMs: 40,
        leftMs: undefined,
        members: [
          { ...member, role: 'sender', source: 'p', pairedMs: 39 },
          { ...member, role: 'receiver', source: 'p', pairedMs: 40 },
        ],
      },
      {
        room: 'w',
        state: 'waiting',
        ageMs: 50,
        leftMs: 950,
        members: [{ ...member, role: 'sender', source: 'w', pairedMs: 0 }],
      },
      { room: 'h', state: 'held', ageMs: 150, leftMs: 150, members: [] },
    ]);
  });

  it('is nothing where there is no room', () => {
    expect([...setUp().reports()]).toEqual([]);
  });

  it('leaves out those whose time is up', () => {
    const { clock, wait, reports } = setUp();
    wait('w');
    clock.now += 1000;
    expect([...reports()]).toEqual([]);
  });

  it('is read room by room: as each is at its turn, once, and not if it is gone or another one', () => {
    const { rooms, wait, join, reports } = setUp();
    wait('first');
    const [gone, again] = [wait('gone'), wait('again')];
    wait('later');
    const reading = reports();
    expect(reading.next().value).toMatchObject({ room: 'first', state: 'waiting' });
    rooms.unregister(gone);
    rooms.unregister(again);
    wait('again');
    wait('new');
    join('later');
    join('first');
    expect([...reading]).toMatchObject([{ room: 'later', state: 'paired' }]);
  });
});

it('a relay tells bytes, sources and whose token a sender showed, and neither code nor key nor token', async () => {
  const authorize = (token: string) => (token === 'Distinct-Token-1234' ? 'anna' : undefined);
  await using relay = await startRelay({ authorize });
  const code = 'Distinct-Code-4711';
  const key = 'key=Distinct-Key-0815';
  await relay.connect(`${code}1:sender:${key}:token=Distinct-Token-1234\nearly`);
  await relay.untilRooms({ waiting: 1 });
  const sender = await relay.connect(`${code}2:sender:${key}:token=Distinct-Token-1234\n12345`);
  await relay.untilRooms({ waiting: 2 });
  const receiver = await relay.connect(`${code}2:receiver:${key}\n`, { localAddress: '127.0.0.9' });
  await receiver.untilText('12345');
  receiver.write('123');
  await sender.untilText('123');
  const reports = [...relay.relay.list()];
  const name = expect.stringMatching(/^[\w-]{22}$/) as string;
  expect(reports).toMatchObject([
    {
      room: name,
      state: 'paired',
      leftMs: undefined,
      members: [
        { role: 'sender', source: '127.0.0.1', sender: 'anna', bytesIn: 5, bytesOut: 3 },
        { role: 'receiver', source: '127.0.0.9', sender: undefined, bytesIn: 3, bytesOut: 5 },
      ],
    },
    { room: name, state: 'waiting', members: [{ role: 'sender', bytesIn: 5, bytesOut: 0, pairedMs: 0 }] },
  ]);
  expect(reports[1]!.ageMs + reports[1]!.leftMs!).toBe(600_000);
  expect(JSON.stringify(reports)).not.toMatch(/Distinct|4711|0815|1234"/i);
});
