import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type {
  ClientNote,
  HandoverChannel,
  HandoverMessage,
  RoomNote,
  Seat,
} from '../../../src/relay/handover/channel.js';
import { TakeOver } from '../../../src/relay/handover/take-over.js';
import type { Guest } from '../../../src/relay/guest.js';
import { Rooms } from '../../../src/relay/rooms/rooms.js';

/** A socket as it comes out of the channel: one that has a peer, or one whose peer is gone. */
function arrived(hasPeer = true): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: hasPeer ? '127.0.0.1' : undefined });
}

const SEAT: Seat = {
  room: 'room',
  role: 'receiver',
  retry: false,
  waitedMs: 10,
  sender: undefined,
  dialect: 'line',
  note: { status: false, raw: false },
};
const CLIENT: ClientNote = { source: '127.0.0.1', head: new Uint8Array(), seat: SEAT };
const NOTE: RoomNote = {
  name: 'room',
  key: undefined,
  state: 'waiting',
  retry: false,
  capacity: undefined,
  tab: undefined,
  remainingMs: 500,
  paired: [],
};
/** A receiver that comes back. */
const RETURNING = { role: 'receiver', retry: true, key: 'k', wait: false, receivers: 1 } as const;
const MEMBER = {
  source: '127.0.0.1',
  sender: undefined,
  bytesIn: 1,
  bytesOut: 2,
  waitedMs: 3,
  pairedMs: 4,
};

function setUp() {
  const clock = { now: 1000 };
  const sent: HandoverMessage[] = [];
  let tell: (message: HandoverMessage, socket?: Socket) => void = () => undefined;
  let hangUp: () => void = () => undefined;
  const channel: HandoverChannel = {
    send: (message) => void sent.push(message),
    onMessage: (listener) => void (tell = listener),
    onClose: (listener) => void (hangUp = listener),
    close: () => undefined,
  };
  const rooms = new Rooms<Guest>({ now: () => clock.now, abandonAfterMs: 600, retryWindowMs: 200 });
  let prepared: () => void = () => undefined;
  let cannot: (error: Error) => void = () => undefined;
  const preparing = new Promise<void>((resolve, reject) => {
    [prepared, cannot] = [resolve, reject];
  });
  const guest: Guest = {
    member: undefined,
    evict: () => undefined,
    report: () => MEMBER,
    release: () => undefined,
  };
  const adopted: string[] = [];
  const served: string[] = [];
  let over = 0;
  const takeOver = new TakeOver({
    channel,
    rooms,
    now: () => clock.now,
    prepare: () => preparing,
    onSecret: () => undefined,
    adopt(_socket, _client, seat) {
      adopted.push(seat.role);
      return guest;
    },
    serve: (_socket, client) => void served.push(client.source ?? 'unknown'),
    onPairingOver: () => (over += 1),
  });
  return {
    clock,
    sent,
    rooms,
    adopted,
    served,
    takeOver,
    guest,
    pairingsOver: () => over,
    tell: (message: HandoverMessage, socket?: Socket) => tell(message, socket),
    hangUp: () => hangUp(),
    prepared: () => prepared(),
    cannot: (error: Error) => cannot(error),
  };
}

describe('taking over', () => {
  it('says that it is ready, and restores nothing before it has all', async () => {
    const { sent, tell, rooms, takeOver, adopted } = setUp();
    expect(sent).toEqual([{ kind: 'ready' }]);
    tell({ kind: 'room', room: NOTE });
    tell({ kind: 'client', client: CLIENT }, arrived());
    expect([rooms.isLive('room'), adopted]).toEqual([false, []]);
    tell({ kind: 'go' });
    await takeOver.complete;
    expect([rooms.isLive('room'), adopted]).toEqual([true, ['receiver']]);
  });

  it('wants nothing before it has opened what it needs, and nothing at all where it cannot', async () => {
    const one = setUp();
    one.tell({ kind: 'yielded' });
    await Promise.resolve();
    expect(one.sent).toEqual([{ kind: 'ready' }]);
    one.prepared();
    await vi.waitFor(() => expect(one.sent.at(-1)).toEqual({ kind: 'prepared' }));
    const other = setUp();
    other.tell({ kind: 'yielded' });
    other.cannot(new Error('the port is taken'));
    await expect(other.takeOver.complete).rejects.toThrow('the port is taken');
    expect(other.sent).toEqual([{ kind: 'ready' }]);
  });

  it('gives a room what was left of its time, on its own clock', () => {
    const { clock, tell, rooms } = setUp();
    tell({ kind: 'room', room: NOTE });
    tell({ kind: 'client', client: CLIENT }, arrived());
    tell({ kind: 'go' });
    clock.now += 499;
    expect(rooms.isLive('room')).toBe(true);
    clock.now += 1;
    expect(rooms.isLive('room')).toBe(false);
  });

  it('leaves out a waiting room whose clients did not come along, and keeps a held one', () => {
    const { tell, rooms } = setUp();
    tell({ kind: 'room', room: NOTE });
    tell({ kind: 'client', client: CLIENT }, arrived(false));
    tell({ kind: 'client', client: CLIENT });
    tell({ kind: 'room', room: { ...NOTE, name: 'held', state: 'held', capacity: 1, retry: true } });
    tell({ kind: 'go' });
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 1 });
  });

  it('forgets how many receivers a sender wanted that left on the way', () => {
    const { tell, rooms, guest } = setUp();
    tell({ kind: 'room', room: { ...NOTE, capacity: 2 } });
    tell({ kind: 'client', client: { ...CLIENT, seat: { ...SEAT, role: 'sender' } } }, arrived(false));
    tell({ kind: 'client', client: CLIENT }, arrived());
    tell({ kind: 'go' });
    const joining = { retry: false, key: undefined, wait: false, receivers: 1 };
    expect(rooms.join('room', guest, { ...joining, role: 'sender' }).kind).toBe('paired');
  });

  it('serves who has no place after the rooms are there, and at once from then on', () => {
    const { tell, served } = setUp();
    tell({ kind: 'client', client: { ...CLIENT, seat: undefined } }, arrived());
    expect(served).toEqual([]);
    tell({ kind: 'go' });
    tell({ kind: 'client', client: { ...CLIENT, source: undefined, seat: undefined } }, arrived());
    expect(served).toEqual(['127.0.0.1', 'unknown']);
  });

  it('rejects where the other process ends too early', async () => {
    const { hangUp, takeOver } = setUp();
    hangUp();
    await expect(takeOver.complete).rejects.toThrow('ended in the middle');
  });
});

describe('pairings that stayed', () => {
  const paired: RoomNote = {
    ...NOTE,
    state: 'paired',
    key: 'k',
    capacity: 1,
    retry: true,
    paired: [
      { ...MEMBER, role: 'sender' },
      { ...MEMBER, role: 'receiver' },
    ],
  };

  function withPairing() {
    const all = setUp();
    all.tell({ kind: 'room', room: paired });
    all.tell({ kind: 'go' });
    return all;
  }

  it('are rooms here, and tell what was known of them', () => {
    const { rooms, takeOver, clock } = withPairing();
    expect([rooms.counts().paired, takeOver.pairings]).toEqual([1, 1]);
    clock.now += 100;
    expect(rooms.sender('room')?.report()).toEqual({ ...MEMBER, role: 'sender', pairedMs: 104 });
  });

  it('end there when a newcomer takes a place, which waits here at once', () => {
    const { rooms, sent, guest } = withPairing();
    const answer = rooms.join('room', guest, RETURNING);
    for (const { handle, why } of answer.evicted) handle.evict(why);
    expect(answer.kind).toBe('waiting');
    expect(sent.at(-1)).toEqual({ kind: 'evict', room: 'room', role: 'receiver', why: 'lost' });
  });

  it('are over when the other process says so; one with retry is then held', () => {
    const { rooms, tell, takeOver, pairingsOver } = withPairing();
    tell({ kind: 'over', room: 'room', tab: undefined });
    expect([rooms.counts().held, takeOver.pairings, pairingsOver()]).toEqual([1, 0, 1]);
    tell({ kind: 'over', room: 'room', tab: undefined });
    expect(pairingsOver()).toBe(1);
  });

  it('are held for the whole window from their end on, whatever was left of their time before', () => {
    const { rooms, tell, clock } = withPairing();
    clock.now += 1_000;
    tell({ kind: 'over', room: 'room', tab: undefined });
    clock.now += 199;
    expect(rooms.isLive('room')).toBe(true);
    clock.now += 1;
    expect(rooms.isLive('room')).toBe(false);
  });

  it('are over when the other process is gone', () => {
    const { rooms, hangUp, takeOver } = withPairing();
    hangUp();
    expect([rooms.counts().held, takeOver.pairings]).toEqual([1, 0]);
  });

  it('what is said of an old pairing does not touch the new one', () => {
    const { rooms, tell, guest } = withPairing();
    rooms.join('room', guest, RETURNING);
    const sender: Guest = { ...guest };
    rooms.join('room', sender, { ...RETURNING, role: 'sender' });
    tell({ kind: 'over', room: 'room', tab: undefined });
    expect([rooms.counts().paired, rooms.sender('room')]).toEqual([1, sender]);
  });
});
