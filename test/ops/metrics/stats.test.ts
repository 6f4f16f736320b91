import { closeSync, openSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Totals } from '../../../src/ops/metrics/metrics.js';
import { keepStats } from '../../../src/ops/metrics/stats.js';
import { openFilesLimit } from '../../../src/relay/open-files.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const totals = { connections: 3, connectionsTotal: 10, pairings: 2, relayedBytes: 1_000, lockouts: 4 };
  const relay = {
    rooms: { waiting: 1, paired: 2, held: 3 },
    draining: false,
    blocked: () => [{ source: '192.0.2.7', leftMs: 5 }],
  };
  const refusals = { 'invalid-code': 5 } as Totals['refusals'];
  const stats = keepStats(relay, { totals: () => ({ ...totals, refusals }) }, '1.2.3');
  return { stats, relay, totals, refusals };
}

it('tells what the relay is doing, at the moment of the question', async () => {
  const { stats, relay, totals, refusals } = setUp();
  const before = process.uptime();
  const first = await stats.read();
  const after = process.uptime();
  expect(first).toMatchObject({
    ...totals,
    refusals,
    version: '1.2.3',
    draining: false,
    rooms: relay.rooms,
    blockedSources: 1,
    perSecond: { connectionsTotal: 0, pairings: 0, relayedBytes: 0 },
    openFilesLimit: openFilesLimit(),
  });
  expect(first.uptimeSeconds).toBeGreaterThan(before - 1);
  expect(first.uptimeSeconds).toBeLessThanOrEqual(after);
  expect(Number.isInteger(first.uptimeSeconds)).toBe(true);
  expect(first.residentBytes).toBeGreaterThan(10_000_000);
  expect(first.loopDelayP99Ms).toBeGreaterThanOrEqual(0);
  relay.draining = true;
  relay.rooms = { waiting: 0, paired: 1, held: 0 };
  relay.blocked = () => [];
  totals.connections = 0;
  expect(await stats.read()).toMatchObject({
    draining: true,
    rooms: { waiting: 0, paired: 1, held: 0 },
    blockedSources: 0,
    connections: 0,
  });
  stats.stop();
});

it('tells rates of what only rises', async () => {
  const { stats, totals } = setUp();
  vi.advanceTimersByTime(2_000);
  Object.assign(totals, { connections: 50, connectionsTotal: 14, pairings: 3, relayedBytes: 5_000 });
  expect((await stats.read()).perSecond).toEqual({ connectionsTotal: 2, pairings: 0.5, relayedBytes: 2_000 });
  stats.stop();
});

it.runIf(process.platform === 'linux')('counts open files, without its own look at them', async () => {
  const { stats } = setUp();
  const { openFiles: before } = await stats.read();
  const files = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'));
  const { openFiles } = await stats.read();
  for (const file of files) closeSync(file);
  expect(openFiles! - before!).toBe(20);
  // (This look counts itself, too.)
  expect(Math.abs(before! - readdirSync('/proc/self/fd').length)).toBeLessThan(20);
  stats.stop();
});

it('leaves nothing running', () => {
  const { stats } = setUp();
  expect(vi.getTimerCount()).toBe(1);
  stats.stop();
  expect(vi.getTimerCount()).toBe(0);
});
