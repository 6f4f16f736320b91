import { expect, it } from 'vitest';
import { RecordRation, RECORDS_PER_MS } from '../../../src/relay/entrance/record-ration.js';
import { SimulatedTime } from '../../helpers/simulated-time.js';

it('lets so many records be taken in a second, however many connections send them', () => {
  for (const connections of [1, 10, 200]) {
    const time = new SimulatedTime();
    const ration = new RecordRation(time);
    const taken = Array<number>(connections).fill(0);
    const read = (which: number): void => {
      taken[which] = (taken[which] ?? 0) + 700;
      ration.rest(700, () => read(which));
    };
    for (let which = 0; which < connections; which += 1) read(which);
    time.pass(60_000);
    const all = taken.reduce((sum, each) => sum + each, 0);
    // Each has begun with what OpenSSL takes at once.
    expect(all).toBeLessThanOrEqual(60_000 * RECORDS_PER_MS + connections * 700);
    expect(all).toBeGreaterThan(59_000 * RECORDS_PER_MS);
    // Nobody more than another.
    expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(700);
  }
});

it('asks nothing of those to come for a time in which nobody took any', () => {
  const time = new SimulatedTime();
  const ration = new RecordRation(time);
  time.pass(1_000_000);
  let rested = 0;
  ration.rest(RECORDS_PER_MS, () => (rested += 1));
  time.pass(1);
  expect(rested).toBe(1);
});

it.each([64, 700])('lets one that sent %i go on in its share, whatever the others owe', (records) => {
  const time = new SimulatedTime();
  const ration = new RecordRation(time);
  let flooders = 0;
  for (let n = 0; n < 64; n += 1) ration.rest(32_000, () => (flooders += 1));
  // Others come back at once, and owe less than it.
  const again = (): unknown => ration.rest(64, again);
  for (let n = 0; n < 64; n += 1) again();
  time.pass(500);
  const begunAt = time.now();
  let restedAt: number | undefined;
  ration.rest(records, () => (restedAt = time.now()));
  time.pass(10_000);
  const shareMs = (records * 129) / RECORDS_PER_MS;
  expect(restedAt! - begunAt).toBeGreaterThan(0.9 * shareMs);
  expect(restedAt! - begunAt).toBeLessThan(1.1 * shareMs);
  expect(flooders).toBe(0);
});

it('has nobody wait for what one owed that has left', () => {
  const time = new SimulatedTime();
  const ration = new RecordRation(time);
  const leave = ration.rest(32_000, () => undefined);
  let rested = 0;
  ration.rest(64_000, () => (rested += 1));
  leave();
  time.pass(2_000);
  expect(rested).toBe(1);
});

it('does not call who has left', () => {
  const time = new SimulatedTime();
  ration(time)();
  time.pass(1000);
  expect(time.pending).toBe(0);
});

function ration(time: SimulatedTime): () => void {
  return new RecordRation(time).rest(1, () => {
    throw new Error('called');
  });
}
