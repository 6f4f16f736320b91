import { describe, expect, it } from 'vitest';
import { createRelay } from '../../src/index.js';
import {
  DEFAULTS,
  MAX_DURATION_MS,
  RANGES,
  type RelayOptions,
  resolveSettings,
} from '../../src/relay/options.js';

const NAMES = Object.keys(RANGES) as (keyof typeof RANGES)[];

describe('the settings of a relay', () => {
  it('have these defaults', () => {
    expect(resolveSettings()).toMatchObject({
      port: 4000,
      host: undefined,
      handshakeTimeoutMs: 10_000,
      abandonAfterMs: 600_000,
      retryWindowMs: 120_000,
      idleTimeoutMs: 300_000,
      stallTimeoutMs: 60_000,
      cleanupIntervalMs: 60_000,
      rateLimitIp: 60,
      rateLimitCode: 30,
      lockoutAttempts: 3,
      lockoutSourceAttempts: 10,
      lockoutWindowMs: 300_000,
      lockoutDurationMs: 600_000,
      maxConnectionsPerIp: 64,
      shutdownGraceMs: 30_000,
    });
  });

  it('leave a fifth of the open files to others', () => {
    const { maxConnections } = resolveSettings();
    expect(Number.isInteger(maxConnections)).toBe(true);
    expect(maxConnections).toBeGreaterThan(0);
  });

  it('are what was given, over the defaults', () => {
    const settings = resolveSettings({ port: 0, host: '::1', maxConnections: 7, idleTimeoutMs: 1 });
    expect(settings).toEqual({
      ...DEFAULTS,
      port: 0,
      host: '::1',
      maxConnections: 7,
      idleTimeoutMs: 1,
    });
  });

  it('are the defaults where undefined was given', () => {
    const options = Object.fromEntries([...NAMES, 'host'].map((name) => [name, undefined])) as RelayOptions;
    expect(resolveSettings(options)).toEqual(resolveSettings());
  });

  it('do not change any more', () => {
    const given = { port: 1 };
    const settings = resolveSettings(given);
    given.port = 2;
    expect(settings.port).toBe(1);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(DEFAULTS)).toBe(true);
  });
});

it.each(['maxBytesPerSecond', 'maxBytesPerSecondPerRoom'] as const)('%s is off, or 1000 at least', (name) => {
  expect(resolveSettings({ [name]: 1000 })[name]).toBe(1000);
  expect(() => resolveSettings({ [name]: 999 })).toThrow('1000 or more unless 0');
});

describe.each(NAMES)('%s', (name) => {
  const { min, max } = RANGES[name];

  it('may be the ends of its range', () => {
    expect(resolveSettings({ [name]: min })[name]).toBe(min);
    expect(resolveSettings({ [name]: max })[name]).toBe(max);
  });

  it.each([min - 1, max + 1, 0.5 + min, NaN, Infinity, -Infinity, '5', null, true, [], {}])(
    'may not be %j',
    (value) => {
      const options = { [name]: value } as RelayOptions;
      expect(() => resolveSettings(options)).toThrow(RangeError);
      expect(() => resolveSettings(options)).toThrow(`${name} must be a whole number from ${min} to ${max}`);
      expect(() => createRelay(options)).toThrow(RangeError);
    },
  );
});

it('durations are no longer than a timer can be', () => {
  expect(MAX_DURATION_MS).toBe(2_147_483_647);
  for (const name of NAMES) if (name.endsWith('Ms')) expect(RANGES[name].max).toBe(MAX_DURATION_MS);
});
