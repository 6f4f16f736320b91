import { describe, expect, it } from 'vitest';
import {
  CODE_BLOCKED,
  guess,
  invalidCode,
  OTHER_SOURCE,
  SOURCE,
  SOURCE_BLOCKED,
  testGuard,
  wrongKey,
} from './setup.js';

const WINDOW_MS = 300_000;
const DURATION_MS = 600_000;

describe('failed attempts of one source', () => {
  it('block it everywhere, from the attempt after the one that reaches the threshold', async () => {
    const test = testGuard({ lockoutAttempts: 3, lockoutSourceAttempts: 4 });
    expect(await test.guard.failed(guess('room 1'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(wrongKey('room 2'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(guess('room 3'))).toEqual(invalidCode(2));
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(await test.guard.failed(guess('room 4'))).toEqual(invalidCode(2));
    expect(test.lockouts).toBe(1);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.joining(guess('room 5'))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.joining(wrongKey('room 5'))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.arriving(OTHER_SOURCE)).toBeUndefined();
  });

  it('count towards the source and the code at once, and both blocks begin', async () => {
    const test = testGuard({ lockoutAttempts: 2, lockoutSourceAttempts: 2 });
    await test.guard.failed(guess('room'));
    expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
    expect(test.lockouts).toBe(2);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  });

  it('count within a window, and block for the duration, to the millisecond', async () => {
    const test = testGuard({ lockoutSourceAttempts: 2 });
    await test.guard.failed(guess('a'));
    test.now += WINDOW_MS;
    await test.guard.failed(guess('b'));
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    test.now += WINDOW_MS - 1;
    await test.guard.failed(guess('c'));
    test.now += DURATION_MS - 1;
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
    test.now += 1;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    await test.guard.failed(guess('d'));
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });

  it('are source-blocked, and counted nowhere, when they were too late for the threshold', async () => {
    const test = testGuard({ lockoutAttempts: 2, lockoutSourceAttempts: 3 });
    const rooms = ['a', 'b', 'c', 'd', 'e'];
    const refusals = await Promise.all(rooms.map((room) => test.guard.failed(guess(room))));
    expect(refusals).toEqual([
      invalidCode(1),
      invalidCode(1),
      invalidCode(1),
      SOURCE_BLOCKED,
      SOURCE_BLOCKED,
    ]);
    expect(await test.guard.failed(guess('c', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.failed(guess('d', OTHER_SOURCE))).toEqual(invalidCode(1));
  });

  it('work by their own setting where the lockout of codes is off', async () => {
    const test = testGuard({ lockoutAttempts: 0, lockoutSourceAttempts: 2 });
    expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(undefined));
    expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(undefined));
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  });

  it('block no source with the setting 0, while codes are still blocked', async () => {
    const test = testGuard({ lockoutAttempts: 1, lockoutSourceAttempts: 0 });
    for (let n = 0; n < 100; n += 1) {
      expect(await test.guard.failed(guess(`room ${n}`))).toEqual(CODE_BLOCKED);
    }
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });
});

describe('who is suspected', () => {
  it('counts against its source alone, and at the threshold that is refused everywhere', async () => {
    const test = testGuard({ lockoutAttempts: 1, lockoutSourceAttempts: 3 });
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await test.guard.suspect(SOURCE)).toBeUndefined();
    expect(test.lockouts).toBe(1);
    expect(await test.guard.suspect(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.suspect(OTHER_SOURCE)).toBeUndefined();
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toBeUndefined();
    test.now += DURATION_MS;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });

  it('shares its count with the other failed attempts of its source', async () => {
    const test = testGuard({ lockoutAttempts: 0, lockoutSourceAttempts: 2 });
    await test.guard.failed(guess('room'));
    await test.guard.suspect(SOURCE);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  });

  it('goes on where sources are not counted', async () => {
    const test = testGuard({});
    for (let attempt = 0; attempt < 20; attempt += 1)
      expect(await test.guard.suspect(SOURCE)).toBeUndefined();
    expect(test.lockouts).toBe(0);
  });
});

describe('the networks of IPv6', () => {
  /** The n-th /64 of a /56, of which there are 256 in the /48. */
  const at = (subnet: number, n: number): string => `2001:db8:1:${(subnet * 256 + n).toString(16)}::/64`;

  it('are refused everywhere: a /56 after four times as many attempts as a source', async () => {
    const test = testGuard({ lockoutSourceAttempts: 2 });
    for (let n = 0; n < 7; n += 1) await test.guard.failed(guess(`room ${n}`, at(1, n)));
    expect(await test.guard.arriving(at(1, 99))).toBeUndefined();
    expect(test.lockouts).toBe(0);
    await test.guard.suspect(at(1, 7));
    expect(test.lockouts).toBe(1);
    expect(await test.guard.arriving(at(1, 99))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.joining(guess('room', at(1, 99)))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.failed(guess('room', at(1, 99)))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.suspect(at(1, 99))).toEqual(SOURCE_BLOCKED);
    for (const other of [at(0, 0), at(2, 0), SOURCE])
      expect(await test.guard.arriving(other)).toBeUndefined();
    test.now += DURATION_MS - 1;
    expect(await test.guard.arriving(at(1, 99))).toEqual(SOURCE_BLOCKED);
    test.now += 1;
    expect(await test.guard.arriving(at(1, 99))).toBeUndefined();
  });

  it('and a /48 after sixteen times as many, which one source cannot make', async () => {
    const test = testGuard({ lockoutSourceAttempts: 2 });
    for (let n = 0; n < 1_000; n += 1) await test.guard.failed(guess(`one ${n}`, at(0, 0)));
    expect(test.lockouts).toBe(1);
    for (let n = 0; n < 29; n += 1) await test.guard.failed(guess(`room ${n}`, at(n + 1, n)));
    expect(await test.guard.arriving(at(99, 0))).toBeUndefined();
    await test.guard.failed(guess('last', at(98, 0)));
    expect(test.lockouts).toBe(2);
    expect(await test.guard.arriving(at(99, 0))).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.arriving('2001:db8:2::/64')).toBeUndefined();
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });

  it('the same from a /48: it blocks no more codes than its threshold has attempts for', async () => {
    const test = testGuard({ lockoutAttempts: 3, lockoutSourceAttempts: 10 });
    for (let n = 0; n < 9_000; n += 1) {
      const attempt = guess(`code ${Math.floor(n / 3)}`, at(n & 255, n >> 8));
      if ((await test.guard.arriving(attempt.source)) === undefined) await test.guard.failed(attempt);
    }
    let blocked = 0;
    for (let n = 0; n < 3_000; n += 1)
      if ((await test.guard.joining(guess(`code ${n}`))) !== undefined) blocked += 1;
    expect(blocked).toBe(Math.floor((16 * 10) / 3));
  });

  it('are let in again with one of their sources', async () => {
    const test = testGuard({ lockoutSourceAttempts: 1 });
    for (let n = 0; n < 4; n += 1) await test.guard.failed(guess(`room ${n}`, at(1, n)));
    expect(await test.guard.admit(at(1, 99))).toBe(true);
    expect(await test.guard.admit(at(1, 99))).toBe(false);
    expect(await test.guard.arriving(at(1, 99))).toBeUndefined();
    expect(await test.guard.arriving(at(1, 0))).toEqual(SOURCE_BLOCKED);
  });

  it('are not counted where sources are not', async () => {
    const test = testGuard({});
    for (let n = 0; n < 200; n += 1) await test.guard.suspect(at(1, n));
    expect(await test.guard.arriving(at(1, 0))).toBeUndefined();
  });
});
