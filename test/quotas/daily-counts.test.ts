import { describe, expect, it } from 'vitest';
import { DailyCounts } from '../../src/quotas/daily-counts.js';

const DAY_MS = 86_400_000;

function setup(capacity?: number) {
  const clock = { ms: 20_000 * DAY_MS };
  const counts = new DailyCounts({ wallNow: () => clock.ms, ...(capacity !== undefined && { capacity }) });
  return { clock, counts };
}

it('counts bytes by payer until midnight', () => {
  const { clock, counts } = setup();
  counts.add('a', 5);
  counts.add('a', 7);
  counts.add('b', 1);
  expect([counts.used('a'), counts.used('b'), counts.used('c')]).toEqual([12, 1, 0]);
  clock.ms += DAY_MS - 1;
  expect(counts.used('a')).toBe(12);
  clock.ms += 1;
  expect(counts.used('a')).toBe(0);
  counts.add('a', 3);
  clock.ms -= 3_600_000;
  expect(counts.used('a')).toBe(3);
});

it('forgets the one that came first where there are too many', () => {
  const { counts } = setup(2);
  for (const payer of ['a', 'b', 'a', 'c']) counts.add(payer, 1);
  expect(['a', 'b', 'c'].map((payer) => counts.used(payer))).toEqual([0, 1, 1]);
});

describe('kept elsewhere', () => {
  it('adds what came since to what is kept', () => {
    const { counts } = setup();
    counts.add('a', 5);
    const pending = counts.pending();
    expect([...pending.bytes]).toEqual([['a', 5]]);
    counts.add('a', 2);
    // Another relay had counted 10 for `a` and 4 for `b`.
    counts.merged(pending, pending.day, (payer) => (payer === 'a' ? 15 : 4));
    expect([counts.used('a'), counts.used('b')]).toEqual([17, 4]);
    expect([...counts.pending().bytes]).toEqual([['a', 2]]);
  });

  it('is looked up for those who are asked for, once, and not for all', () => {
    const { counts } = setup();
    for (const payer of ['a', 'b', 'c']) counts.add(payer, 1);
    const pending = counts.pending();
    const asked: string[] = [];
    counts.merged(pending, pending.day, (payer) => asked.push(payer));
    expect(asked).toEqual([]);
    expect([counts.used('b'), counts.used('b')]).toEqual([1, 1]);
    expect(asked).toEqual(['b']);
  });

  it('is over at midnight, also where midnight comes while it is merged', () => {
    const { clock, counts } = setup();
    counts.add('a', 5);
    const pending = counts.pending();
    clock.ms += DAY_MS;
    counts.add('a', 1);
    counts.merged(pending, pending.day, () => 5);
    expect([counts.used('a'), counts.used('b')]).toEqual([1, 0]);
    expect([...counts.pending().bytes]).toEqual([['a', 1]]);
  });

  it('begins the next day where another relay has', () => {
    const { counts } = setup();
    counts.add('a', 5);
    const pending = counts.pending();
    counts.merged(pending, pending.day + 1, () => 2);
    expect(counts.used('a')).toBe(2);
  });
});
