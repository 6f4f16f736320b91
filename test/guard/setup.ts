import { createGuard } from '../../src/guard/create-guard.js';
import type { Attempt, Guard } from '../../src/guard/guard.js';

export type Settings = Parameters<typeof createGuard>[0];

/** Every limit off, so that each test turns on what it is about. */
const OFF: Settings = {
  rateLimitIp: 0,
  rateLimitCode: 0,
  lockoutAttempts: 0,
  lockoutSourceAttempts: 0,
  lockoutWindowMs: 300_000,
  lockoutDurationMs: 600_000,
};

export const SOURCE = '198.51.100.7';
export const OTHER_SOURCE = '203.0.113.9';

export interface TestGuard {
  readonly guard: Guard;
  /** In milliseconds; a test sets it. */
  now: number;
  lockouts: number;
}

export function testGuard(settings: Partial<Settings>): TestGuard {
  const test: TestGuard = {
    now: 1_000_000,
    lockouts: 0,
    guard: createGuard(
      { ...OFF, ...settings },
      { now: () => test.now, onLockout: () => (test.lockouts += 1) },
    ),
  };
  return test;
}

/** At a code that has no room. */
export function guess(room: string, source = SOURCE): Attempt {
  return { source, room, role: 'receiver', live: false };
}

/** At a room that exists. */
export function wrongKey(room: string, source = SOURCE): Attempt {
  return { source, room, role: 'receiver', live: true };
}

export const CODE_BLOCKED = { token: 'code-blocked' };
export const SOURCE_BLOCKED = { token: 'source-blocked' };

export function invalidCode(triesLeft: number | undefined) {
  return { token: 'invalid-code', triesLeft };
}
