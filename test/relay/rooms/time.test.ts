import { describe, expect, it } from 'vitest';
import { ABANDON_AFTER_MS, RETRY_WINDOW_MS, TestRooms } from './setup.js';

const NONE = { waiting: 0, paired: 0, held: 0 };

describe('a waiting room', () => {
  it('lives until the millisecond of its deadline', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's');
    rooms.advance(ABANDON_AFTER_MS - 1);
    expect(rooms.isLive('room')).toBe(true);
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
    rooms.advance(1);
    expect(rooms.isLive('room')).toBe(false);
    expect(rooms.expire()).toEqual({ evicted: [{ handle: 's', why: 'room-expired' }], more: false });
    expect(rooms.counts()).toEqual(NONE);
    expect(rooms.sender('room')).toBeUndefined();
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
  });

  it('has the time of its opening, whoever comes and goes', () => {
    const rooms = new TestRooms();
    const deadline = rooms.now + ABANDON_AFTER_MS;
    rooms.receive('room', 'r', { wait: true });
    rooms.advance(400);
    expect(rooms.send('room', 's', { receivers: 3 })).toMatchObject({ kind: 'waiting', deadline });
    rooms.advance(400);
    rooms.unregister('r');
    expect(rooms.receive('room', 'r2')).toMatchObject({ kind: 'waiting', deadline });
    rooms.advance(200);
    expect(rooms.expire().evicted).toEqual([
      { handle: 's', why: 'room-expired' },
      { handle: 'r2', why: 'room-expired' },
    ]);
  });

  it('takes a partner in its last millisecond', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's');
    rooms.advance(ABANDON_AFTER_MS - 1);
    expect(rooms.receive('room', 'r')).toMatchObject({ kind: 'paired' });
  });

  it('past its deadline is gone for a newcomer, before any cleanup', () => {
    const rooms = new TestRooms();
    rooms.send('room', 'old', { key: 'k' });
    rooms.advance(ABANDON_AFTER_MS);
    const evicted = [{ handle: 'old', why: 'room-expired' }];
    expect(rooms.receive('room', 'r')).toEqual({ kind: 'refused', why: 'no-room', evicted });

    rooms.send('room', 'old', { key: 'k' });
    rooms.advance(ABANDON_AFTER_MS);
    expect(rooms.send('room', 'new')).toEqual({
      kind: 'waiting',
      deadline: rooms.now + ABANDON_AFTER_MS,
      evicted,
    });
    rooms.unregister('old');
    expect(rooms.sender('room')).toBe('new');
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
  });
});

describe('a paired room', () => {
  it('has no deadline', () => {
    const rooms = new TestRooms();
    rooms.pair('room');
    rooms.advance(100 * ABANDON_AFTER_MS);
    expect(rooms.isLive('room')).toBe(true);
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
    expect(rooms.receive('room', 'third')).toMatchObject({ kind: 'refused', why: 'room-full' });
  });

  it.each([
    ['neither side', {}, {}, NONE],
    ['the sender', { retry: true }, {}, { ...NONE, held: 1 }],
    ['the receiver', {}, { retry: true }, { ...NONE, held: 1 }],
    ['both sides', { retry: true }, { retry: true }, { ...NONE, held: 1 }],
  ])('that ends: %s asked for retry', (_, sender, receiver, counts) => {
    for (const leaves of ['s', 'r']) {
      const rooms = new TestRooms();
      rooms.send('room', 's', sender);
      rooms.receive('room', 'r', receiver);
      rooms.unregister(leaves);
      expect(rooms.counts()).toEqual(counts);
      expect(rooms.isLive('room')).toBe(counts.held === 1);
      expect([rooms.sender('room'), ...rooms.receivers('room')]).toEqual([undefined]);
    }
  });

  it('a lost receiver of several is enough to have asked', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 2 });
    rooms.receive('room', 'a', { retry: true });
    rooms.receive('room', 'b');
    rooms.unregister('a');
    rooms.unregister('b');
    expect(rooms.counts()).toEqual({ ...NONE, held: 1 });
  });
});

describe('a held room', () => {
  it('lives until the millisecond of its window, with nobody in it', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    rooms.advance(RETRY_WINDOW_MS - 1);
    expect(rooms.isLive('room')).toBe(true);
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
    rooms.advance(1);
    expect(rooms.isLive('room')).toBe(false);
    expect(rooms.expire()).toEqual({ evicted: [], more: false });
    expect(rooms.counts()).toEqual(NONE);
  });

  it.each([['sender first'], ['receiver first']])('takes both back: %s', (order) => {
    const rooms = new TestRooms();
    rooms.hold('room');
    const deadline = rooms.now + RETRY_WINDOW_MS;
    rooms.advance(RETRY_WINDOW_MS - 1);
    const join = [() => rooms.send('room', 's'), () => rooms.receive('room', 'r')];
    if (order === 'receiver first') join.reverse();
    // Whoever comes first waits for what is left: a receiver too, though it did not ask to wait.
    expect(join[0]!()).toEqual({ kind: 'waiting', deadline, evicted: [] });
    expect(rooms.counts()).toEqual({ ...NONE, held: 1 });
    expect(join[1]!()).toMatchObject({ kind: 'paired', sender: 's', receivers: ['r'] });
    expect(rooms.counts()).toEqual({ ...NONE, paired: 1 });
  });

  it('expires under the one who came back', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    rooms.advance(100);
    rooms.receive('room', 'r');
    rooms.advance(RETRY_WINDOW_MS - 100);
    expect(rooms.send('room', 's')).toEqual({
      kind: 'waiting',
      deadline: rooms.now + ABANDON_AFTER_MS,
      evicted: [{ handle: 'r', why: 'room-expired' }],
    });
    expect(rooms.counts()).toEqual({ ...NONE, waiting: 1 });
  });

  it('stays when the one who came back leaves again, for no longer', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    const deadline = rooms.now + RETRY_WINDOW_MS;
    rooms.send('room', 's');
    rooms.advance(100);
    rooms.unregister('s');
    expect(rooms.counts()).toEqual({ ...NONE, held: 1 });
    expect(rooms.send('room', 's2')).toMatchObject({ kind: 'waiting', deadline });
  });

  it('has a whole window again after each pairing', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    for (let round = 0; round < 5; round += 1) {
      rooms.advance(RETRY_WINDOW_MS - 1);
      rooms.send('room', 's', { retry: true });
      expect(rooms.receive('room', 'r', { retry: true })).toMatchObject({ kind: 'paired' });
      rooms.advance(10 * RETRY_WINDOW_MS);
      rooms.unregister('r');
    }
    expect(rooms.receive('room', 'r')).toMatchObject({ deadline: rooms.now + RETRY_WINDOW_MS });
  });

  it('is held again, though nobody who came back asked for retry', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    rooms.send('room', 's');
    rooms.receive('room', 'r');
    rooms.unregister('s');
    expect(rooms.counts()).toEqual({ ...NONE, held: 1 });
  });

  it('has one sender, and as many receivers as it had', () => {
    const rooms = new TestRooms();
    rooms.hold('room');
    rooms.send('room', 's', { retry: true });
    expect(rooms.send('room', 's2', { retry: true })).toMatchObject({ why: 'code-in-use' });
    rooms.unregister('s');
    rooms.receive('room', 'r', { retry: true });
    expect(rooms.receive('room', 'r2', { retry: true })).toMatchObject({ why: 'room-full' });
  });
});

describe('expire', () => {
  it('removes at most as many rooms as it is told, and says whether there are more', () => {
    const rooms = new TestRooms();
    for (let n = 0; n < 3; n += 1) rooms.hold(`held ${n}`);
    for (let n = 0; n < 5; n += 1) rooms.send(`waiting ${n}`, `s${n}`);
    rooms.pair('paired');
    rooms.advance(ABANDON_AFTER_MS);
    rooms.send('young', 'young');

    const evicted: string[] = [];
    const left: number[] = [];
    for (let more = true; more;) {
      const batch = rooms.expire(3);
      more = batch.more;
      evicted.push(...batch.evicted.map(({ handle }) => handle));
      const { waiting, held } = rooms.counts();
      left.push(waiting + held);
    }
    expect(left).toEqual([6, 3, 1]);
    expect(evicted.sort()).toEqual(['s0', 's1', 's2', 's3', 's4']);
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 1, held: 0 });
  });

  it('is done when the last room fits into the batch', () => {
    const rooms = new TestRooms();
    rooms.send('a', 'a');
    rooms.send('b', 'b');
    rooms.advance(ABANDON_AFTER_MS);
    expect(rooms.expire(1).more).toBe(true);
    expect(rooms.expire(1).more).toBe(false);
    expect(rooms.counts()).toEqual(NONE);
  });

  it('takes the rooms that are due, and no other', () => {
    const rooms = new TestRooms();
    rooms.send('a', 'a');
    rooms.advance(600);
    rooms.send('b', 'b');
    rooms.hold('c');
    rooms.advance(RETRY_WINDOW_MS);
    expect(rooms.counts()).toEqual({ waiting: 2, paired: 0, held: 1 });
    rooms.expire();
    expect(rooms.counts()).toEqual({ waiting: 2, paired: 0, held: 0 });
    rooms.advance(100);
    expect(rooms.expire().evicted).toEqual([{ handle: 'a', why: 'room-expired' }]);
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });
});
