import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../src/guard/source.js';
import { guess, OTHER_SOURCE, SOURCE, testGuard, wrongKey } from './setup.js';

function limited(scope: 'IP' | 'code', retryAfterSeconds: number) {
  return { token: 'rate-limited', scope, retryAfterSeconds };
}

describe('connections a minute from one source', () => {
  it('sixth_in_a_minute: lets five in and refuses the sixth, of that source only', async () => {
    const test = testGuard({ rateLimitIp: 5 });
    for (let n = 0; n < 5; n += 1) expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(await test.guard.arriving(SOURCE)).toEqual(limited('IP', 60));
    expect(await test.guard.arriving(OTHER_SOURCE)).toBeUndefined();
  });

  it('counts from the first connection to a minute later, to the millisecond; refused ones lengthen nothing', async () => {
    const test = testGuard({ rateLimitIp: 2 });
    const start = test.now;
    await test.guard.arriving(SOURCE);
    test.now = start + 59_000;
    await test.guard.arriving(SOURCE);
    expect(await test.guard.arriving(SOURCE)).toEqual(limited('IP', 1));
    test.now = start + 59_999;
    for (let n = 0; n < 100; n += 1) expect(await test.guard.arriving(SOURCE)).toEqual(limited('IP', 1));
    test.now = start + 60_000;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(await test.guard.arriving(SOURCE)).toEqual(limited('IP', 60));
  });

  it.each([
    [0, 60],
    [1, 60],
    [999, 60],
    [1000, 59],
    [58_999, 2],
    [59_000, 1],
    [59_999.5, 1],
  ])('after %d ms says to try again in %d s', async (afterMs, seconds) => {
    const test = testGuard({ rateLimitIp: 1 });
    await test.guard.arriving(SOURCE);
    test.now += afterMs;
    expect(await test.guard.arriving(SOURCE)).toEqual(limited('IP', seconds));
  });

  it('IPv6 /64 rotation: has one budget for a /64', async () => {
    const test = testGuard({ rateLimitIp: 3 });
    const refusals = [];
    for (let host = 1; host <= 10; host += 1) {
      refusals.push(await test.guard.arriving(sourceOf(`2001:db8:1:2::${host.toString(16)}`) ?? ''));
    }
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(3);
    expect(await test.guard.arriving(sourceOf('2001:db8:1:3::1') ?? '')).toBeUndefined();
  });

  it('the same from a /48: four times as many from a /56, sixteen times from a /48, none of which one source uses up', async () => {
    const test = testGuard({ rateLimitIp: 3 });
    const arrive = (subnet: number, n: number) =>
      test.guard.arriving(`2001:db8:1:${(subnet * 256 + n).toString(16)}::/64`);
    const admitted = async (subnets: readonly number[], sources: number): Promise<number> => {
      let count = 0;
      for (const subnet of subnets)
        for (let n = 1; n <= sources; n += 1) if ((await arrive(subnet, n)) === undefined) count += 1;
      return count;
    };
    for (let n = 0; n < 100; n += 1) await arrive(1, 0);
    // One that it had over its own limit counts for its networks, and no further one.
    expect(await admitted([1], 20)).toBe(4 * 3 - 4);
    expect(await arrive(1, 99)).toEqual(limited('IP', 60));
    // The one of the /56 that went over its limit counts as well.
    expect(await admitted([2, 3, 4, 5, 6], 20)).toBe(16 * 3 - 13 - 2);
    expect(await arrive(99, 0)).toEqual(limited('IP', 60));
    expect(await test.guard.arriving('2001:db8:2::/64')).toBeUndefined();
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    test.now += 60_000;
    expect(await arrive(1, 99)).toBeUndefined();
  });

  it('lets no failed attempt be counted for it', async () => {
    const test = testGuard({
      rateLimitIp: 1,
      rateLimitCode: 1,
      lockoutAttempts: 1,
      lockoutSourceAttempts: 1,
    });
    for (let n = 0; n < 100; n += 1) {
      await test.guard.arriving(SOURCE);
      await test.guard.joining(guess('room'));
    }
    expect(test.lockouts).toBe(0);
    test.now += 60_000;
    expect(await test.guard.arriving(SOURCE)).toBeUndefined();
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
  });

  it('is off with 0', async () => {
    const test = testGuard({ rateLimitIp: 0 });
    for (let n = 0; n < 1000; n += 1) expect(await test.guard.arriving(SOURCE)).toBeUndefined();
  });
});

describe('connections a minute from one source to one code', () => {
  it('refuses those over the limit, of that source at that code only, whether or not there is a room', async () => {
    const test = testGuard({ rateLimitCode: 2 });
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
    expect(await test.guard.joining(wrongKey('room'))).toBeUndefined();
    test.now += 1;
    expect(await test.guard.joining(guess('room'))).toEqual(limited('code', 60));
    expect(await test.guard.joining(wrongKey('room'))).toEqual(limited('code', 60));
    expect(await test.guard.joining(guess('other room'))).toBeUndefined();
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toBeUndefined();
    test.now += 59_998;
    expect(await test.guard.joining(guess('room'))).toEqual(limited('code', 1));
    test.now += 1;
    expect(await test.guard.joining(guess('room'))).toBeUndefined();
  });

  it('comes before a blocked code and after a blocked source', async () => {
    const test = testGuard({ rateLimitCode: 1, lockoutAttempts: 1 });
    await test.guard.failed(guess('room'));
    expect(await test.guard.joining(guess('room'))).toEqual({ token: 'code-blocked' });
    expect(await test.guard.joining(guess('room'))).toEqual(limited('code', 60));
    const strict = testGuard({ rateLimitIp: 1, rateLimitCode: 1, lockoutSourceAttempts: 1 });
    await strict.guard.arriving(SOURCE);
    await strict.guard.joining(guess('room'));
    await strict.guard.failed(guess('room'));
    expect(await strict.guard.arriving(SOURCE)).toEqual({ token: 'source-blocked' });
    expect(await strict.guard.joining(guess('room'))).toEqual({ token: 'source-blocked' });
  });

  it('is off with 0', async () => {
    const test = testGuard({ rateLimitCode: 0 });
    for (let n = 0; n < 1000; n += 1) expect(await test.guard.joining(guess('room'))).toBeUndefined();
  });
});
