import { describe, expect, it } from 'vitest';
import { ABANDON_AFTER_MS, TestRooms } from './setup.js';

const refused = (why: string) => ({ kind: 'refused', why, evicted: [] });

describe('the sender', () => {
  it('opens the room, and waits', () => {
    const rooms = new TestRooms();
    expect(rooms.send('room', 's')).toEqual({
      kind: 'waiting',
      deadline: rooms.now + ABANDON_AFTER_MS,
      evicted: [],
    });
    expect(rooms.sender('room')).toBe('s');
    expect(rooms.isLive('room')).toBe(true);
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });

  it('has its place to itself until it is released', () => {
    const rooms = new TestRooms();
    rooms.send('room', 'first');
    expect(rooms.send('room', 'second')).toEqual(refused('code-in-use'));
    expect(rooms.sender('room')).toBe('first');

    rooms.receive('room', 'r');
    expect(rooms.send('room', 'second')).toEqual(refused('code-in-use'));
    expect(rooms.sender('room')).toBe('first');

    rooms.unregister('first');
    expect(rooms.send('room', 'second')).toMatchObject({ kind: 'waiting' });
    expect(rooms.sender('room')).toBe('second');
  });

  it('is refused by one room and free to open another', () => {
    const rooms = new TestRooms();
    rooms.send('room', 'first');
    rooms.send('room', 'second');
    expect(rooms.send('other room', 'second')).toMatchObject({ kind: 'waiting' });
    rooms.unregister('second');
    expect(rooms.sender('room')).toBe('first');
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });

  it('completes the room in which its receiver waits', () => {
    const rooms = new TestRooms();
    rooms.receive('room', 'r', { wait: true });
    expect(rooms.send('room', 's')).toEqual({ kind: 'paired', sender: 's', receivers: ['r'], evicted: [] });
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 1, held: 0 });
  });
});

describe('a receiver', () => {
  it('is refused where there is no room', () => {
    const rooms = new TestRooms();
    expect(rooms.receive('room', 'r')).toEqual(refused('no-room'));
    expect(rooms.isLive('room')).toBe(false);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
  });

  it('that waits opens the room', () => {
    const rooms = new TestRooms();
    expect(rooms.receive('room', 'r', { wait: true })).toEqual({
      kind: 'waiting',
      deadline: rooms.now + ABANDON_AFTER_MS,
      evicted: [],
    });
    expect(rooms.receivers('room')).toEqual(['r']);
    expect(rooms.sender('room')).toBeUndefined();
  });

  it('completes the room of its sender', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's');
    expect(rooms.receive('room', 'r')).toEqual({
      kind: 'paired',
      sender: 's',
      receivers: ['r'],
      evicted: [],
    });
  });

  it('need not wait in a room that another receiver opened', () => {
    const rooms = new TestRooms();
    rooms.receive('room', 'first', { wait: true });
    expect(rooms.receive('room', 'second')).toMatchObject({ kind: 'waiting' });
    expect(rooms.receivers('room')).toEqual(['first', 'second']);
  });

  it('is one too many in a room that is complete', () => {
    const rooms = new TestRooms();
    const { receiver } = rooms.pair('room');
    expect(rooms.receive('room', 'third')).toEqual(refused('room-full'));
    expect(rooms.receive('room', 'third', { wait: true })).toEqual(refused('room-full'));
    expect(rooms.receivers('room')).toEqual([receiver]);
  });

  it('does not count as a member where it was refused', () => {
    const rooms = new TestRooms();
    const { sender, receiver } = rooms.pair('room');
    rooms.receive('room', 'third');
    rooms.unregister('third');
    expect(rooms.sender('room')).toBe(sender);
    expect(rooms.receivers('room')).toEqual([receiver]);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 1, held: 0 });
  });
});

describe('unregister', () => {
  it('takes exactly that one out of a waiting room', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 4 });
    for (const receiver of ['a', 'b', 'c']) rooms.receive('room', receiver);
    rooms.unregister('b');
    expect(rooms.receivers('room')).toEqual(['a', 'c']);
    expect(rooms.sender('room')).toBe('s');
    rooms.unregister('s');
    expect(rooms.receivers('room')).toEqual(['a', 'c']);
    expect(rooms.sender('room')).toBeUndefined();
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });

  it('leaves other rooms alone', () => {
    const rooms = new TestRooms();
    rooms.pair('one');
    rooms.send('two', 's2');
    rooms.unregister('one sender');
    expect(rooms.isLive('one')).toBe(false);
    expect(rooms.sender('two')).toBe('s2');
  });

  it('of the last member: a waiting room is gone at once', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's');
    rooms.unregister('s');
    expect(rooms.isLive('room')).toBe(false);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
    // Nothing of it is left: not its key, not how many it waited for.
    rooms.receive('room', 'a', { wait: true, key: 'k' });
    expect(rooms.send('room', 's', { key: 'k' })).toMatchObject({ kind: 'paired' });
  });

  it('of either side: a pairing is over for both', () => {
    for (const leaves of ['sender', 'receiver'] as const) {
      const rooms = new TestRooms();
      const pair = rooms.pair('room');
      rooms.unregister(pair[leaves]);
      expect(rooms.isLive('room')).toBe(false);
      expect(rooms.sender('room')).toBeUndefined();
      expect(rooms.receivers('room')).toEqual([]);
      expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
    }
  });

  it('changes nothing the second time, nor for a stranger', () => {
    const rooms = new TestRooms();
    const { sender, receiver } = rooms.pair('room');
    rooms.unregister('nobody');
    expect(rooms.receivers('room')).toEqual([receiver]);
    rooms.unregister(sender);
    rooms.send('room', 'next');
    rooms.unregister(sender);
    rooms.unregister(receiver);
    expect(rooms.sender('room')).toBe('next');
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });
});

describe('what the registry hands out', () => {
  it('is a snapshot: changing the list of receivers changes nothing inside', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 3 });
    rooms.receive('room', 'a');
    const snapshot = rooms.receivers('room');
    snapshot.push('intruder');
    snapshot.shift();
    expect(rooms.receivers('room')).toEqual(['a']);
    rooms.receive('room', 'b');
    expect(snapshot).toEqual(['intruder']);
    expect(rooms.receive('room', 'c')).toMatchObject({ kind: 'paired', receivers: ['a', 'b', 'c'] });
  });

  it('is a snapshot: so are the counts', () => {
    const rooms = new TestRooms();
    const before = rooms.counts();
    before.held = 7;
    rooms.send('room', 's');
    expect(before).toEqual({ waiting: 0, paired: 0, held: 7 });
    expect(rooms.counts()).toEqual({ waiting: 1, paired: 0, held: 0 });
  });

  it('is nothing for a room that is not there', () => {
    const rooms = new TestRooms();
    expect(rooms.sender('room')).toBeUndefined();
    expect(rooms.receivers('room')).toEqual([]);
    expect(rooms.isLive('room')).toBe(false);
  });
});

it('counts a room through its whole life', () => {
  const rooms = new TestRooms();
  const counts: string[] = [];
  const note = (): void => {
    const { waiting, paired, held } = rooms.counts();
    counts.push(`${waiting} ${paired} ${held}`);
  };
  note();
  rooms.send('room', 's', { retry: true });
  note();
  rooms.receive('room', 'r');
  note();
  rooms.unregister('r');
  note();
  rooms.receive('room', 'r2');
  note();
  rooms.send('room', 's2', { retry: true });
  note();
  rooms.unregister('s2');
  note();
  rooms.advance(ABANDON_AFTER_MS);
  rooms.expire();
  note();
  expect(counts).toEqual(['0 0 0', '1 0 0', '0 1 0', '0 0 1', '0 0 1', '0 1 0', '0 0 1', '0 0 0']);
});

describe('somebody who takes either place', () => {
  it('sends where nobody does, and receives where somebody does', () => {
    const rooms = new TestRooms();
    expect(rooms.meet('room', 'first')).toMatchObject({ kind: 'waiting' });
    expect(rooms.meet('room', 'second')).toMatchObject({
      kind: 'paired',
      sender: 'first',
      receivers: ['second'],
    });
    expect(rooms.meet('room', 'third')).toEqual(refused('room-full'));
  });

  it('meets a receiver that waits, and a sender', () => {
    const rooms = new TestRooms();
    rooms.receive('one', 'r', { wait: true });
    expect(rooms.meet('one', 'x')).toMatchObject({ kind: 'paired', sender: 'x', receivers: ['r'] });
    rooms.send('other', 's');
    expect(rooms.meet('other', 'y')).toMatchObject({ kind: 'paired', sender: 's', receivers: ['y'] });
  });

  it('needs the key of the room', () => {
    const rooms = new TestRooms();
    rooms.meet('room', 'first', { key: 'k' });
    expect(rooms.meet('room', 'second')).toEqual(refused('wrong-key'));
    expect(rooms.meet('room', 'third', { key: 'k' })).toMatchObject({ kind: 'paired' });
  });
});
