import { expect, it } from 'vitest';
import { createStatusLine } from '../../../src/cli/server/status-line.js';

it('tells the rooms there are, and the rate since it was last asked', () => {
  const state = { rooms: { waiting: 0, paired: 0, held: 0 }, bytes: 5_000, now: 100 };
  const line = createStatusLine({
    rooms: () => state.rooms,
    relayedBytes: () => state.bytes,
    now: () => state.now,
  });
  expect(line()).toBe('0 rooms, 0 paired, 0 B/s');
  Object.assign(state, { rooms: { waiting: 8, paired: 3, held: 1 }, bytes: 82_005_000, now: 2_100 });
  expect(line()).toBe('12 rooms, 3 paired, 41 MB/s');
  Object.assign(state, { rooms: { waiting: 0, paired: 1, held: 0 }, now: 3_100 });
  expect(line()).toBe('1 room, 1 paired, 0 B/s');
});
