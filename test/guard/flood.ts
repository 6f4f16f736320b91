import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { CODE_BLOCKED, guess, OTHER_SOURCE, SOURCE, SOURCE_BLOCKED, testGuard, wrongKey } from './setup.js';

/** However many keys there are: none of the guard's tables holds more than 65,536. */
const MAX_GROWTH_BYTES = 32 * 2 ** 20;
/** Once the tables are full. */
const MAX_GROWTH_PER_KEY = 16;
const MILLION = 1_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** One of some millions of different /64s, each in a /48 of its own. */
function source(n: number): string {
  return `2001:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}:1::/64`;
}

/** So many sources, each at a code of its own: they take bounded memory, and active blocks stay. At least 200,000, which fill the tables. */
export async function expectFloodBounded(keys: number): Promise<void> {
  const before = usedBytes();
  const test = testGuard({
    rateLimitIp: 1,
    rateLimitCode: 1,
    lockoutAttempts: 2,
    lockoutSourceAttempts: 5,
  });
  // Three kinds of blocks: a code, a source at a code, and a source.
  for (let n = 0; n < 2; n += 1) await test.guard.failed(guess('blocked', OTHER_SOURCE));
  for (let n = 0; n < 2; n += 1) await test.guard.failed(wrongKey('keyed', OTHER_SOURCE));
  for (let n = 0; n < 5; n += 1) await test.guard.failed(guess(`elsewhere ${n}`));
  // And two sources that are over a limit.
  for (let n = 0; n < 2; n += 1) await test.guard.arriving('192.0.2.1');
  for (let n = 0; n < 2; n += 1) await test.guard.joining(wrongKey('room', '192.0.2.1'));

  const used: number[] = [];
  for (let n = 0; n < keys; n += 1) {
    const attempt = { source: source(n), room: `room ${n}`, role: 'receiver', live: n % 2 === 0 } as const;
    await test.guard.arriving(attempt.source);
    await test.guard.joining(attempt);
    await test.guard.failed(attempt);
    if (n % (keys / 4) === 0) used.push(usedBytes());
  }
  used.push(usedBytes());

  const [atThreeQuarters = 0, atEnd = 0] = used.slice(-2);
  const perKey = Math.max(0, atEnd - atThreeQuarters) / (keys / 4);
  expect(perKey).toBeLessThan(MAX_GROWTH_PER_KEY);
  // And where it went on so to a million.
  expect(Math.max(...used) - before + perKey * (MILLION - keys)).toBeLessThan(MAX_GROWTH_BYTES);
  expect(test.lockouts).toBe(3);
  expect(await test.guard.joining(guess('blocked', '192.0.2.2'))).toEqual(CODE_BLOCKED);
  expect(await test.guard.joining(wrongKey('keyed', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
  expect(await test.guard.arriving(SOURCE)).toEqual(SOURCE_BLOCKED);
  expect(await test.guard.arriving('192.0.2.1')).toMatchObject({ token: 'rate-limited', scope: 'IP' });
  expect(await test.guard.joining(wrongKey('room', '192.0.2.1'))).toMatchObject({ scope: 'code' });
}
