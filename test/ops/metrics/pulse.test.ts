import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Pulse, startPulse } from '../../../src/ops/metrics/pulse.js';

let pulse: Pulse<{ a: number; b: number }>;
const clock = { now: 0 };
const counts = { a: 0, b: 0 };

beforeEach(() => {
  // The event loop's delay is measured by Node itself, in real time.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  Object.assign(clock, { now: 5_000 });
  Object.assign(counts, { a: 100, b: 7 });
  pulse = startPulse(
    () => ({ ...counts }),
    () => clock.now,
  );
});

afterEach(() => {
  pulse.stop();
  vi.useRealTimers();
});

function pass(seconds: number, a = 0): void {
  for (let second = 0; second < seconds; second += 1) {
    clock.now += 1_000;
    counts.a += a;
    vi.advanceTimersByTime(1_000);
  }
}

it('rates are of the time since the start, as long as that is short', () => {
  expect(pulse.rates()).toEqual({ a: 0, b: 0 });
  clock.now += 500;
  counts.a += 10;
  expect(pulse.rates()).toEqual({ a: 20, b: 0 });
  clock.now += 1_500;
  counts.b += 1;
  expect(pulse.rates()).toEqual({ a: 5, b: 0.5 });
});

it('rates are of ten seconds at most: what was before is forgotten', () => {
  pass(5, 1_000);
  pass(5, 20);
  expect(pulse.rates().a).toBeGreaterThan(400);
  pass(5, 20);
  expect(pulse.rates()).toEqual({ a: 20, b: 0 });
  pass(10);
  expect(pulse.rates()).toEqual({ a: 0, b: 0 });
});

it('a clock that stands still makes no rate infinite', () => {
  counts.a += 10;
  expect(pulse.rates()).toEqual({ a: 0, b: 0 });
});

it('tells how late the event loop was, for ten seconds after those in which it was', async () => {
  // Its own first looks.
  await wait(60);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await wait(60);
  const late = pulse.loopDelayP99Ms();
  expect(late).toBeGreaterThan(300);
  pass(10);
  expect(pulse.loopDelayP99Ms()).toBe(late);
  // Nothing real happened in these.
  pass(10);
  expect(pulse.loopDelayP99Ms()).toBe(0);
});

it('leaves nothing running', () => {
  expect(vi.getTimerCount()).toBe(1);
  pulse.stop();
  expect(vi.getTimerCount()).toBe(0);
});
