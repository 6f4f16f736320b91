import { describe, expect, it } from 'vitest';
import { sentence } from '../../src/protocol/replies.js';
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

describe('failed attempts at a code that has no room', () => {
  it('fail_1_2_3: counts down, then blocks the code', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    expect(sentence(await test.guard.failed(guess('room')))).toBe(
      'Invalid code or key. You have 2 tries remaining before this code is blocked.',
    );
    expect(sentence(await test.guard.failed(guess('room')))).toBe(
      'Invalid code or key. You have 1 tries remaining before this code is blocked.',
    );
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
    expect(test.lockouts).toBe(0);
    expect(sentence(await test.guard.failed(guess('room')))).toBe(
      'Code temporarily blocked due to too many failed attempts. Try again later.',
    );
    expect(test.lockouts).toBe(1);
    expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess('other room'))).toBeUndefined();
  });

  it('count against the code, whoever makes them, and block it for every receiver', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    await test.guard.failed(guess('room', '192.0.2.1'));
    await test.guard.failed(guess('room', '192.0.2.2'));
    expect(await test.guard.failed(guess('room', '192.0.2.3'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess('room', '192.0.2.4'))).toEqual(CODE_BLOCKED);
  });

  it('block with the first of them where the threshold is 1', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
    expect(test.lockouts).toBe(1);
  });

  it('count within a window from the first of them, to the millisecond', async () => {
    for (const [lastAt, refusal] of [
      [WINDOW_MS - 1, CODE_BLOCKED],
      [WINDOW_MS, invalidCode(2)],
    ] as const) {
      const test = testGuard({ lockoutAttempts: 3 });
      const start = test.now;
      await test.guard.failed(guess('room'));
      test.now = start + WINDOW_MS - 1;
      await test.guard.failed(guess('room'));
      test.now = start + lastAt;
      expect(await test.guard.failed(guess('room'))).toEqual(refusal);
    }
  });

  it('block for the duration, to the millisecond; then the count starts afresh', async () => {
    const test = testGuard({ lockoutAttempts: 2 });
    await test.guard.failed(guess('room'));
    test.now += 1234;
    await test.guard.failed(guess('room'));
    test.now += DURATION_MS - 1;
    expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
    test.now += 1;
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
    expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(1));
    expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
    expect(test.lockouts).toBe(2);
  });

  it('attempts_while_blocked: lengthen no block, are answered alike, and count against nobody', async () => {
    const test = testGuard({ lockoutAttempts: 2, lockoutSourceAttempts: 3 });
    const start = test.now;
    await test.guard.failed(guess('room'));
    await test.guard.failed(guess('room'));
    for (test.now = start; test.now < start + DURATION_MS; test.now += 59_999) {
      expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
      expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
      expect(await test.guard.failed(guess('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    }
    test.now = start + DURATION_MS - 1;
    expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
    test.now = start + DURATION_MS;
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
    expect(test.lockouts).toBe(1);
  });

  it('side by side are answered as if one had come after the other', async () => {
    const test = testGuard({ lockoutAttempts: 3, lockoutSourceAttempts: 4 });
    const refusals = await Promise.all(Array.from({ length: 20 }, () => test.guard.failed(guess('room'))));
    expect(refusals.slice(0, 2)).toEqual([invalidCode(2), invalidCode(1)]);
    expect(refusals.slice(2).every(({ token }) => token === 'code-blocked')).toBe(true);
    expect(test.lockouts).toBe(1);
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });

  it('block no code with the setting 0, and say nothing of tries', async () => {
    const test = testGuard({ lockoutAttempts: 0 });
    for (let n = 0; n < 100; n += 1) {
      expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(undefined));
      expect(await test.guard.failed(wrongKey('room'))).toEqual(invalidCode(undefined));
    }
    expect(sentence(await test.guard.failed(guess('room')))).toBe('Invalid code or key.');
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
    expect(test.lockouts).toBe(0);
  });

  it('are refused where no further block can be remembered, and only they', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    const tried = 70_000;
    const told = new Set<string>();
    for (let n = 0; n < tried; n += 1) told.add((await test.guard.failed(guess(`room ${n}`))).token);
    expect(told).toEqual(new Set(['code-blocked']));
    const remembered = test.lockouts;
    expect(remembered).toBeLessThan(tried);
    expect(remembered).toBeGreaterThan(10_000);
    expect(await test.guard.joining(guess('room 0', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess(`room ${remembered - 1}`, OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess(`room ${remembered}`, OTHER_SOURCE))).toBeUndefined();
  });

  it('never come from lines that were no attempt: arriving and joining count nothing', async () => {
    const test = testGuard({ lockoutAttempts: 3, lockoutSourceAttempts: 10 });
    for (let n = 0; n < 100; n += 1) {
      await test.guard.arriving(SOURCE);
      await test.guard.joining(guess('room'));
    }
    expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(2));
  });
});

describe('wrong keys at a live room', () => {
  it('stranger_locks_victim: block their source there, and neither the room nor anybody else', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    expect(await test.guard.failed(wrongKey('room'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(wrongKey('room'))).toEqual(invalidCode(1));
    expect(await test.guard.failed(wrongKey('room'))).toEqual(CODE_BLOCKED);
    expect(test.lockouts).toBe(1);
    expect(await test.guard.joining(wrongKey('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(wrongKey('other room'))).toBeUndefined();
    expect(await test.guard.joining(wrongKey('room', OTHER_SOURCE))).toBeUndefined();
    expect(await test.guard.failed(wrongKey('room', OTHER_SOURCE))).toEqual(invalidCode(2));
  });

  it('are counted apart from guesses at the same code without a room', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    await test.guard.failed(guess('room'));
    await test.guard.failed(guess('room'));
    expect(await test.guard.failed(wrongKey('room'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
  });

  it('keep their source out there when the room is gone, too', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    await test.guard.failed(wrongKey('room'));
    expect(await test.guard.joining(guess('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.failed(guess('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toBeUndefined();
    expect(test.lockouts).toBe(1);
  });

  it('a blocked code does not bar a live room', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    await test.guard.failed(guess('room'));
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(wrongKey('room', OTHER_SOURCE))).toBeUndefined();
  });

  it('block for the duration, to the millisecond, and no longer for attempts meanwhile', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    await test.guard.failed(wrongKey('room'));
    test.now += DURATION_MS - 1;
    expect(await test.guard.failed(wrongKey('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(wrongKey('room'))).toEqual(CODE_BLOCKED);
    test.now += 1;
    expect(await test.guard.joining(wrongKey('room'))).toBeUndefined();
  });
});

describe('a pairing', () => {
  it('clears the count of its code and those of its members there, and nothing else', async () => {
    const test = testGuard({ lockoutAttempts: 3, lockoutSourceAttempts: 9 });
    const stranger = '192.0.2.66';
    for (const room of ['room', 'other room']) {
      await test.guard.failed(guess(room));
      for (const source of [SOURCE, OTHER_SOURCE, stranger]) await test.guard.failed(wrongKey(room, source));
    }
    await test.guard.paired('room', [SOURCE, OTHER_SOURCE]);
    expect(await test.guard.failed(guess('room', '192.0.2.1'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(wrongKey('room'))).toEqual(invalidCode(2));
    expect(await test.guard.failed(wrongKey('room', OTHER_SOURCE))).toEqual(invalidCode(2));
    expect(await test.guard.failed(wrongKey('room', stranger))).toEqual(invalidCode(1));
    expect(await test.guard.failed(guess('other room', '192.0.2.1'))).toEqual(invalidCode(1));
    expect(await test.guard.failed(wrongKey('other room'))).toEqual(invalidCode(1));
  });

  it('leaves the block of another source there, and counts against sources', async () => {
    const test = testGuard({ lockoutAttempts: 1, lockoutSourceAttempts: 2 });
    await test.guard.failed(wrongKey('room', OTHER_SOURCE));
    await test.guard.failed(wrongKey('room'));
    await test.guard.paired('room', [SOURCE, SOURCE]);
    expect(await test.guard.joining(wrongKey('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(wrongKey('room'))).toBeUndefined();
    await test.guard.failed(guess('elsewhere'));
    expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  });

  it('is nothing to a guard with every limit off', async () => {
    const test = testGuard({});
    await expect(test.guard.paired('room', [SOURCE])).resolves.toBeUndefined();
  });
});
