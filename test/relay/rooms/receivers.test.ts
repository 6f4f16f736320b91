import { describe, expect, it } from 'vitest';
import { TestRooms } from './setup.js';

const refused = (why: string) => ({ kind: 'refused', why, evicted: [] });

describe('a sender of several receivers', () => {
  it.each([
    ['s', 'a', 'b', 'c'],
    ['a', 's', 'b', 'c'],
    ['a', 'b', 's', 'c'],
    ['a', 'b', 'c', 's'],
  ])('is complete with all of them: %s %s %s %s', (...order) => {
    const rooms = new TestRooms();
    const admissions = order.map((handle) =>
      handle === 's'
        ? rooms.send('room', handle, { receivers: 3 })
        : rooms.receive('room', handle, { wait: true }),
    );
    expect(admissions.map(({ kind }) => kind)).toEqual(['waiting', 'waiting', 'waiting', 'paired']);
    expect(admissions[3]).toMatchObject({ sender: 's', receivers: ['a', 'b', 'c'], evicted: [] });
    expect(rooms.receive('room', 'd', { wait: true })).toEqual(refused('room-full'));
  });

  it('may ask for 16', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 16 });
    for (let n = 1; n < 16; n += 1) expect(rooms.receive('room', `r${n}`)).toMatchObject({ kind: 'waiting' });
    expect(rooms.receive('room', 'r16')).toMatchObject({ kind: 'paired' });
    expect(rooms.receive('room', 'r17')).toEqual(refused('room-full'));
  });

  it('sends those away that came before it and are too many; who came first stays', () => {
    const rooms = new TestRooms();
    for (const receiver of ['a', 'b', 'c', 'd']) rooms.receive('room', receiver, { wait: true });
    expect(rooms.send('room', 's', { receivers: 2 })).toEqual({
      kind: 'paired',
      sender: 's',
      receivers: ['a', 'b'],
      evicted: [
        { handle: 'c', why: 'room-full' },
        { handle: 'd', why: 'room-full' },
      ],
    });
    rooms.unregister('c');
    expect(rooms.receivers('room')).toEqual(['a', 'b']);
  });

  it('takes what it asked for along when it leaves a room that never was complete', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 3 });
    rooms.receive('room', 'a');
    rooms.unregister('s');
    expect(rooms.send('room', 'next')).toMatchObject({ kind: 'paired', receivers: ['a'] });
  });
});

describe('before a sender says how many', () => {
  it('no more receivers wait than a sender could ask for', () => {
    const rooms = new TestRooms();
    for (let n = 1; n <= 16; n += 1)
      expect(rooms.receive('room', `r${n}`, { wait: true })).toMatchObject({ kind: 'waiting' });
    expect(rooms.receive('room', 'r17', { wait: true })).toEqual(refused('room-full'));
    expect(rooms.send('room', 's', { receivers: 16 })).toMatchObject({ kind: 'paired' });
  });
});

describe('one receiver of several is lost', () => {
  const fanOut = (): TestRooms => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { receivers: 3 });
    for (const receiver of ['a', 'b', 'c']) rooms.receive('room', receiver);
    return rooms;
  };

  it('and the others go on', () => {
    const rooms = fanOut();
    rooms.unregister('b');
    expect(rooms.receivers('room')).toEqual(['a', 'c']);
    expect(rooms.sender('room')).toBe('s');
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 1, held: 0 });
  });

  it('and nobody takes its place: the beginning of the stream is gone', () => {
    const rooms = fanOut();
    rooms.unregister('b');
    expect(rooms.receive('room', 'd', { wait: true })).toEqual(refused('room-full'));
    expect(rooms.send('room', 'second')).toEqual(refused('code-in-use'));
  });

  it('and the pairing is over with the last of them', () => {
    const rooms = fanOut();
    for (const receiver of ['b', 'a']) rooms.unregister(receiver);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 1, held: 0 });
    rooms.unregister('c');
    expect(rooms.sender('room')).toBeUndefined();
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
  });

  it('and the pairing is over with the sender', () => {
    const rooms = fanOut();
    rooms.unregister('b');
    rooms.unregister('s');
    expect(rooms.receivers('room')).toEqual([]);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
  });
});
