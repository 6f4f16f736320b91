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

describe('a sender without a valid token', () => {
  it('counts against its source alone, and at the threshold that is refused everywhere', async () => {
    const test = testGuard({ lockoutAttempts: 1, lockoutSourceAttempts: 3 });
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await test.guard.withoutToken(SOURCE)).toEqual({ token: 'invalid-token' });
    expect(test.lockouts).toBe(1);
    expect(await test.guard.withoutToken(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
    expect(await test.guard.withoutToken(OTHER_SOURCE)).toEqual({ token: 'invalid-token' });
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toBeUndefined();
    test.now += DURATION_MS;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });

  it('shares its count with the other failed attempts of its source', async () => {
    const test = testGuard({ lockoutAttempts: 0, lockoutSourceAttempts: 2 });
    await test.guard.failed(guess('room'));
    await test.guard.withoutToken(SOURCE);
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  });

  it('is only refused where sources are not counted', async () => {
    const test = testGuard({});
    for (let attempt = 0; attempt < 20; attempt += 1)
      expect(await test.guard.withoutToken(SOURCE)).toEqual({ token: 'invalid-token' });
    expect(test.lockouts).toBe(0);
  });
});
