import { describe, expect, it } from 'vitest';
import { createLimiter } from '../../src/guard/limiter.js';

const MAX_DURATION_MS = 2 ** 31 - 1;

function testLimiter(options: Partial<Parameters<typeof createLimiter>[0]>) {
  const clock = { now: 0 };
  const limiter = createLimiter({
    limit: 2,
    windowMs: 1000,
    blockMs: 0,
    capacity: 100,
    whenFull: 'pass',
    now: () => clock.now,
    ...options,
  });
  return { clock, limiter };
}

describe('createLimiter', () => {
  it('counts to the limit, and blocks with the first point over it', async () => {
    const { limiter } = testLimiter({});
    expect(await limiter.count('a')).toEqual({ count: 1, blocked: false, justBlocked: false, msLeft: 1000 });
    expect(await limiter.count('a')).toEqual({ count: 2, blocked: false, justBlocked: false, msLeft: 1000 });
    expect(limiter.isBlocked('a')).toBe(false);
    expect(await limiter.count('a')).toEqual({ count: 3, blocked: true, justBlocked: true, msLeft: 1000 });
    expect(limiter.isBlocked('a')).toBe(true);
    expect(await limiter.count('a')).toMatchObject({ blocked: true, justBlocked: false });
    expect(await limiter.count('b')).toMatchObject({ count: 1, blocked: false });
  });

  it.each([1, 999, 1001, 4003, 60_000, MAX_DURATION_MS])(
    'ends a window of %d ms on time',
    async (windowMs) => {
      const { clock, limiter } = testLimiter({ limit: 0, windowMs });
      clock.now = 123_456;
      await limiter.count('a');
      clock.now = 123_456 + windowMs - 1;
      expect(limiter.isBlocked('a')).toBe(true);
      clock.now = 123_456 + windowMs;
      expect(limiter.isBlocked('a')).toBe(false);
      expect(await limiter.count('a')).toMatchObject({ justBlocked: true, msLeft: windowMs });
    },
  );

  it.each([1, 1001, 2_000_000_001, MAX_DURATION_MS])('ends a block of %d ms on time', async (blockMs) => {
    const { clock, limiter } = testLimiter({ limit: 0, blockMs });
    await limiter.count('a');
    clock.now = blockMs - 1;
    expect(limiter.isBlocked('a')).toBe(true);
    expect(await limiter.count('a')).toMatchObject({ blocked: true, justBlocked: false, msLeft: 1 });
    clock.now = blockMs;
    expect(limiter.isBlocked('a')).toBe(false);
    expect(await limiter.count('a')).toMatchObject({ justBlocked: true });
  });

  it('starts afresh after a block', async () => {
    const { clock, limiter } = testLimiter({ limit: 1, blockMs: 5000 });
    await limiter.count('a');
    await limiter.count('a');
    clock.now = 5000;
    expect(await limiter.count('a')).toMatchObject({ count: 1, blocked: false });
  });

  it('counts side by side as it does one by one', async () => {
    const { limiter } = testLimiter({ limit: 2, blockMs: 5000 });
    const tallies = await Promise.all(Array.from({ length: 5 }, () => limiter.count('a')));
    expect(tallies.map(({ blocked }) => blocked)).toEqual([false, false, true, true, true]);
    expect(tallies.filter(({ justBlocked }) => justBlocked)).toHaveLength(1);
    expect(await limiter.count('a')).toMatchObject({ blocked: true, justBlocked: false });
  });

  it('forgets a key', async () => {
    const { limiter } = testLimiter({ limit: 0, blockMs: 5000 });
    await limiter.count('a');
    limiter.forget('a');
    limiter.forget('unknown');
    expect(limiter.isBlocked('a')).toBe(false);
  });

  it.each([0, 1])('full of blocks, lets a new key pass or refuses it, with a limit of %d', async (limit) => {
    for (const whenFull of ['pass', 'refuse'] as const) {
      const { clock, limiter } = testLimiter({ limit, blockMs: 5000, capacity: 3, whenFull });
      for (const key of ['a', 'b', 'c']) for (let n = 0; n <= limit; n += 1) await limiter.count(key);
      const blocked = whenFull === 'refuse';
      for (let n = 0; n < 5; n += 1) {
        expect(await limiter.count('d')).toMatchObject({ blocked, justBlocked: false });
        expect(limiter.isBlocked('d')).toBe(false);
      }
      clock.now = 4999;
      expect(['a', 'b', 'c'].every((key) => limiter.isBlocked(key))).toBe(true);
    }
  });

  it('lets real errors through', async () => {
    const broken = new Error('no clock');
    const { limiter } = testLimiter({
      now: () => {
        throw broken;
      },
    });
    await expect(limiter.count('a')).rejects.toBe(broken);
  });
});
