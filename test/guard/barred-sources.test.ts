import { describe, expect, it } from 'vitest';
import { BarredSources } from '../../src/guard/barred-sources.js';
import { guess, OTHER_SOURCE, SOURCE, SOURCE_BLOCKED, testGuard } from './setup.js';

describe('sources that the operator blocks', () => {
  it('are refused everywhere for their time, to the millisecond, whatever the thresholds', async () => {
    const test = testGuard({});
    expect(test.guard.bar(SOURCE, 1000)).toBe(true);
    expect(test.guard.bar(OTHER_SOURCE, 5)).toBe(true);
    test.now += 999;
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.joining(guess('room'))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.failed(guess('room'))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.suspect(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.arriving(OTHER_SOURCE)).toBeUndefined();
    test.now += 1;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(test.lockouts).toBe(0);
  });

  it('are listed with what is left of their time, and have the time that was given last', () => {
    const test = testGuard({});
    test.guard.bar(SOURCE, 1000);
    test.guard.bar(OTHER_SOURCE, 2000);
    test.guard.bar(SOURCE, 500);
    test.now += 100;
    expect(test.guard.barred()).toEqual([
      { source: SOURCE, leftMs: 400 },
      { source: OTHER_SOURCE, leftMs: 1900 },
    ]);
    test.now += 400;
    expect(test.guard.barred()).toEqual([{ source: OTHER_SOURCE, leftMs: 1500 }]);
  });

  it('are let in again on request, and only they', async () => {
    const test = testGuard({});
    test.guard.bar(SOURCE, 1000);
    test.guard.bar(OTHER_SOURCE, 1000);
    expect(await test.guard.admit(SOURCE)).toBe(true);
    expect(await test.guard.admit(SOURCE)).toBe(false);
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(test.guard.barred()).toEqual([{ source: OTHER_SOURCE, leftMs: 1000 }]);
  });

  it('are bounded: there is room again when one of them is over', () => {
    let now = 0;
    const barred = new BarredSources(() => now);
    expect(barred.bar('first', 10)).toBe(true);
    for (let count = 1; count < 10_000; count += 1) barred.bar(`${count}`, 20);
    expect(barred.bar('one more', 20)).toBe(false);
    expect(barred.has('one more')).toBe(false);
    expect(barred.bar('first', 10)).toBe(true);
    now = 10;
    expect(barred.bar('one more', 20)).toBe(true);
    expect(barred.has('one more')).toBe(true);
  });
});

it('a block that failed attempts led to is lifted on request, and its count is forgotten', async () => {
  const test = testGuard({ lockoutSourceAttempts: 2 });
  await test.guard.failed(guess('one'));
  await test.guard.failed(guess('two'));
  expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  expect(test.guard.barred()).toEqual([]);
  expect(await test.guard.admit(SOURCE)).toBe(true);
  expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  await test.guard.failed(guess('three'));
  expect(await test.guard.arriving(SOURCE)).toBeUndefined();
});
