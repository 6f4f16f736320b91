import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Refusal } from '../../src/protocol/replies.js';
import { testGuard, type Settings } from './setup.js';

/** Failed attempts of one kind, as plainly as it can be said: every moment is remembered, and nothing forgotten. */
class Model {
  readonly #threshold: number;
  readonly #settings: Settings;
  #counts = new Map<string, { since: number; attempts: number; blockedSince?: number; by: Set<string> }>();
  lockouts = 0;

  constructor(threshold: number, settings: Settings) {
    this.#threshold = threshold;
    this.#settings = settings;
  }

  isBlocked(key: string, now: number): boolean {
    const since = this.#counts.get(key)?.blockedSince;
    return since !== undefined && now - since < this.#settings.lockoutDurationMs;
  }

  /** @returns tries left */
  fail(key: string, now: number, by = key): number {
    if (this.#threshold === 0) return Infinity;
    let count = this.#counts.get(key);
    const isOver =
      count?.blockedSince !== undefined || now - (count?.since ?? 0) >= this.#settings.lockoutWindowMs;
    if (count === undefined || isOver)
      this.#counts.set(key, (count = { since: now, attempts: 0, by: new Set() }));
    count.attempts += 1;
    count.by.add(by);
    if (count.attempts === this.#threshold) {
      count.blockedSince = now;
      this.lockouts += 1;
    }
    return this.#threshold - count.attempts;
  }

  isBlockedBy(key: string, by: string, now: number): boolean {
    return this.isBlocked(key, now) && this.#counts.get(key)?.by.has(by) === true;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }
}

/** The last three are in one /48, and two of them in one /56. */
const SOURCES = ['192.0.2.1', '192.0.2.2', '2001:db8::/64', '2001:db8:0:1::/64', '2001:db8:0:100::/64'];
const networksOf = (source: string): string[] => {
  if (source.startsWith('192')) return [];
  return [source.includes(':100:') ? 'one /56' : 'another /56', '/48'];
};
const ROOMS = ['room', 'other room'];
const WINDOW_MS = 50;
const DURATION_MS = 80;

const attempt = fc.record({
  source: fc.constantFrom(...SOURCES),
  room: fc.constantFrom(...ROOMS),
  live: fc.boolean(),
  role: fc.constant('receiver' as const),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('fail' as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('pair' as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('suspect' as const), attempt }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('ask as sender' as const), attempt }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 49, 50, 51, 79, 80, 81).chain((most) => fc.constantFrom(most, 1)),
    }),
  },
);

it('does what a model does that keeps everything', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(step, { maxLength: 80 }),
      async (lockoutAttempts, lockoutSourceAttempts, steps) => {
        const settings: Settings = {
          rateLimitIp: 0,
          rateLimitCode: 0,
          lockoutAttempts,
          lockoutSourceAttempts,
          lockoutWindowMs: WINDOW_MS,
          lockoutDurationMs: DURATION_MS,
        };
        const test = testGuard(settings);
        const codes = new Model(lockoutAttempts, settings);
        const places = new Model(lockoutAttempts, settings);
        const levels = [1, 4, 16].map((times) => new Model(lockoutSourceAttempts * times, settings));
        const isSourceBlocked = (source: string): boolean =>
          [source, ...networksOf(source)].some((key, level) => levels[level]!.isBlocked(key, test.now));
        const failSource = (source: string): void => {
          for (const [level, key] of [source, ...networksOf(source)].entries())
            levels[level]!.fail(key, test.now);
        };

        for (const each of steps) {
          if (each.does === 'wait') {
            test.now += each.ms;
            continue;
          }
          const { source, room, live } = each.attempt;
          const place = `${source} at ${room}`;
          if (each.does === 'pair') {
            await test.guard.paired(room, [source]);
            codes.forget(room);
            places.forget(place);
            continue;
          }
          let refusal: Refusal | undefined;
          if (each.does === 'suspect') {
            if (isSourceBlocked(source)) refusal = { token: 'source-blocked' };
            else failSource(source);
            expect(await test.guard.suspect(source)).toEqual(refusal);
            continue;
          }
          const isSender = each.does === 'ask as sender';
          const isBlocked = live
            ? codes.isBlockedBy(room, source, test.now)
            : !isSender && codes.isBlocked(room, test.now);
          if (isSourceBlocked(source)) refusal = { token: 'source-blocked' };
          else if (places.isBlocked(place, test.now) || isBlocked) refusal = { token: 'code-blocked' };
          if (isSender) {
            expect(await test.guard.joining({ ...each.attempt, role: 'sender' })).toEqual(refusal);
            continue;
          }
          expect(await test.guard.joining(each.attempt)).toEqual(refusal);
          if (refusal === undefined) {
            failSource(source);
            const left = live ? places.fail(place, test.now) : codes.fail(room, test.now, source);
            refusal =
              left === 0
                ? { token: 'code-blocked' }
                : { token: 'invalid-code', triesLeft: left === Infinity ? undefined : left };
          }
          // The real one is asked even where it is blocked: attempts that raced with the block change nothing.
          expect(await test.guard.failed(each.attempt)).toEqual(refusal);
        }
        expect(test.lockouts).toBe(
          [codes, places, ...levels].reduce((sum, { lockouts }) => sum + lockouts, 0),
        );
      },
    ),
    { numRuns: 200 },
  );
});
