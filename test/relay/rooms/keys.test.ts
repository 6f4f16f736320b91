import { describe, expect, it } from 'vitest';
import { RETRY_WINDOW_MS, TestRooms } from './setup.js';

const refused = (why: string) => ({ kind: 'refused', why, evicted: [] });

describe('the key of a room', () => {
  it.each([
    ['the right one', 'k', 'k', 'paired'],
    ['none where none is', undefined, undefined, 'paired'],
    ['a wrong one', 'k', 'K', 'refused'],
    ['none where one is', 'k', undefined, 'refused'],
    ['one where none is', undefined, 'k', 'refused'],
  ])('%s', (_, set, shown, kind) => {
    const keyed = (key: string | undefined) => (key === undefined ? {} : { key });

    const senderFirst = new TestRooms();
    senderFirst.send('room', 's', keyed(set));
    expect(senderFirst.receive('room', 'r', keyed(shown)).kind).toBe(kind);

    const receiverFirst = new TestRooms();
    receiverFirst.receive('room', 'r', { wait: true, ...keyed(set) });
    const admission = receiverFirst.send('room', 's', keyed(shown));
    expect(admission.kind).toBe(kind);
    if (kind === 'refused') expect(admission).toEqual(refused('wrong-key'));
  });

  it('is asked for before anything else is told', () => {
    const rooms = new TestRooms();
    rooms.pair('room', { key: 'k' });
    expect(rooms.send('room', 'x', { key: 'wrong' })).toEqual(refused('wrong-key'));
    expect(rooms.receive('room', 'x', { key: 'wrong' })).toEqual(refused('wrong-key'));
    expect(rooms.receive('room', 'x', { wait: true })).toEqual(refused('wrong-key'));
    expect(rooms.send('room', 'x', { key: 'k' })).toEqual(refused('code-in-use'));
    expect(rooms.receive('room', 'x', { key: 'k' })).toEqual(refused('room-full'));
  });

  it('stays while the room is held, with nobody in it', () => {
    const rooms = new TestRooms();
    rooms.hold('room', { key: 'k' });
    expect(rooms.send('room', 'x')).toEqual(refused('wrong-key'));
    expect(rooms.receive('room', 'x', { key: 'wrong', wait: true })).toEqual(refused('wrong-key'));
    expect(rooms.receive('room', 'r', { key: 'k' })).toMatchObject({ kind: 'waiting' });
  });

  it('stays when the one who set it leaves, and goes with the room', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { key: 'k', receivers: 2 });
    rooms.receive('room', 'r', { key: 'k' });
    rooms.unregister('s');
    expect(rooms.send('room', 'x')).toEqual(refused('wrong-key'));
    rooms.unregister('r');
    expect(rooms.send('room', 'x', { key: 'another' })).toMatchObject({ kind: 'waiting' });
  });
});

describe('a newcomer with retry and the key', () => {
  const keyed = { retry: true, key: 'k' };

  it('replaces a sender that waits', () => {
    const rooms = new TestRooms();
    const { deadline } = rooms.send('room', 'old', keyed) as { deadline: number };
    rooms.advance(10);
    expect(rooms.send('room', 'new', keyed)).toEqual({
      kind: 'waiting',
      deadline,
      evicted: [{ handle: 'old', why: 'lost' }],
    });
    expect(rooms.sender('room')).toBe('new');
    rooms.unregister('old');
    expect(rooms.sender('room')).toBe('new');
    expect(rooms.receive('room', 'r', keyed)).toMatchObject({ kind: 'paired', sender: 'new' });
  });

  it('replaces a paired sender: the pairing is over, and the room is held for both', () => {
    const rooms = new TestRooms();
    const { sender, receiver } = rooms.pair('room', { key: 'k' });
    expect(rooms.send('room', 'new', keyed)).toEqual({
      kind: 'waiting',
      deadline: rooms.now + RETRY_WINDOW_MS,
      evicted: [{ handle: sender, why: 'lost' }],
    });
    expect(rooms.receivers('room')).toEqual([]);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 1 });
    // They were told, and leave late.
    rooms.unregister(sender);
    rooms.unregister(receiver);
    expect(rooms.sender('room')).toBe('new');
    expect(rooms.receive('room', 'back', keyed)).toMatchObject({ kind: 'paired', sender: 'new' });
  });

  it('replaces a paired receiver', () => {
    const rooms = new TestRooms();
    const { receiver } = rooms.pair('room', { key: 'k' });
    expect(rooms.receive('room', 'new', keyed)).toEqual({
      kind: 'waiting',
      deadline: rooms.now + RETRY_WINDOW_MS,
      evicted: [{ handle: receiver, why: 'lost' }],
    });
    expect(rooms.sender('room')).toBeUndefined();
    expect(rooms.send('room', 'back', keyed)).toMatchObject({ kind: 'paired', receivers: ['new'] });
  });

  it('replaces one that came back to a held room, for what is left of the window', () => {
    const rooms = new TestRooms();
    rooms.hold('room', { key: 'k' });
    const deadline = rooms.now + RETRY_WINDOW_MS;
    rooms.advance(100);
    rooms.receive('room', 'old', keyed);
    rooms.advance(100);
    expect(rooms.receive('room', 'new', keyed)).toEqual({
      kind: 'waiting',
      deadline,
      evicted: [{ handle: 'old', why: 'lost' }],
    });
    expect(rooms.send('room', 's', keyed)).toMatchObject({ kind: 'paired', receivers: ['new'] });
  });

  it('replaces the first of as many waiting receivers as the sender wants', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { ...keyed, receivers: 3 });
    rooms.receive('room', 'a', keyed);
    rooms.receive('room', 'b', keyed);
    // There is a place left: nobody has to go for this one.
    expect(rooms.receive('room', 'c', keyed)).toMatchObject({ kind: 'paired', evicted: [] });
  });

  it('whose sender comes later counts as the later one: the number was not known', () => {
    const rooms = new TestRooms();
    rooms.receive('room', 'old', { ...keyed, wait: true });
    rooms.receive('room', 'new', { ...keyed, wait: true });
    expect(rooms.send('room', 's', keyed)).toEqual({
      kind: 'paired',
      sender: 's',
      receivers: ['new'],
      evicted: [{ handle: 'old', why: 'lost' }],
    });
  });

  it('takes the place of none of several paired receivers: it would end the stream of the others', () => {
    const rooms = new TestRooms();
    rooms.send('room', 's', { ...keyed, receivers: 2 });
    rooms.receive('room', 'a', keyed);
    rooms.receive('room', 'b', keyed);
    expect(rooms.receive('room', 'c', keyed)).toEqual(refused('room-full'));
    expect(rooms.receivers('room')).toEqual(['a', 'b']);
  });
});

describe('nobody is replaced', () => {
  it.each([
    ['without a key', { retry: true }, { retry: true }],
    ['without retry', { retry: true, key: 'k' }, { key: 'k' }],
    ['without either', {}, {}],
  ])('%s', (_, first, newcomer) => {
    const rooms = new TestRooms();
    rooms.send('room', 's', first);
    expect(rooms.send('room', 's2', newcomer)).toEqual(refused('code-in-use'));
    rooms.receive('room', 'r', first);
    expect(rooms.send('room', 's2', newcomer)).toEqual(refused('code-in-use'));
    expect(rooms.receive('room', 'r2', newcomer)).toEqual(refused('room-full'));
    expect(rooms.sender('room')).toBe('s');
    expect(rooms.receivers('room')).toEqual(['r']);
  });
});
