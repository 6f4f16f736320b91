import { expect, it } from 'vitest';
import { RoomNames } from '../../../src/relay/rooms/names.js';

it('is the same for the same text, within one start', () => {
  const names = new RoomNames();
  expect(names.room('abc')).toBe(names.room('abc'));
  expect(names.room('abc')).not.toBe(names.room('abC'));
});

it('changes with every start', () => {
  expect(new RoomNames().room('abc')).not.toBe(new RoomNames().room('abc'));
});

it('is the same where the secret is, handed in at the start or inherited', () => {
  const first = new RoomNames();
  const heir = new RoomNames();
  heir.inherit(first.secret);
  for (const names of [heir, new RoomNames(first.secret)]) {
    expect(names.room('abc')).toBe(first.room('abc'));
    expect(names.key('abc')).toBe(first.key('abc'));
    expect(names.secret).toEqual(first.secret);
  }
});

it('tells a room from a key of the same text', () => {
  const names = new RoomNames();
  expect(names.room('abc')).not.toBe(names.key('abc'));
});

it('is 132 bits that show nothing of the text', () => {
  const names = new RoomNames();
  for (const text of ['7', 'a-code-that-anyone-could-read', 'x'.repeat(64)]) {
    expect(names.room(text)).toMatch(/^[A-Za-z0-9_-]{22}$/);
    if (text.length > 1) expect(names.room(text)).not.toContain(text);
  }
});
