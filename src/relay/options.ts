import type { GuardSettings } from '../guard/guard.js';
import { openFilesLimit, RESERVED_FILES } from './open-files.js';

/** What a relay is run with. Times are in milliseconds; a limit of 0 is off. */
export interface RelaySettings extends GuardSettings {
  /** TCP port; 0 takes any free one. */
  readonly port: number;
  /** Address to listen on; undefined listens on all of them, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** From the accepted connection to the LF of its line: an absolute deadline. */
  readonly handshakeTimeoutMs: number;
  /** How long a room may stay incomplete. */
  readonly abandonAfterMs: number;
  /** How long a room with `retry` is held after it ended. */
  readonly retryWindowMs: number;
  /** How long a pairing may go without a byte either way. */
  readonly idleTimeoutMs: number;
  /** How long one receiver of several may take nothing. */
  readonly stallTimeoutMs: number;
  /** How often expired rooms are removed; a removal is at most that late. */
  readonly cleanupIntervalMs: number;
  /** Connections open at once, in all. */
  readonly maxConnections: number;
  /** Connections open at once from one source. */
  readonly maxConnectionsPerIp: number;
  /** Memory for large read buffers, in all, in MiB. Past it, and at 0, pairs read as plain sockets do. */
  readonly bufferMemoryMiB: number;
  /** Payload bytes a second passed on, of all rooms together; each receiver of several counts. */
  readonly maxBytesPerSecond: number;
  /** Those of each room. */
  readonly maxBytesPerSecondPerRoom: number;
  /** Payload bytes passed on in one room, over all of its pairings. */
  readonly maxRoomBytes: number;
  /** How long after its first pairing a room is over. */
  readonly maxRoomAgeMs: number;
  /** Payload bytes passed on in one sender's rooms from 00:00 to 24:00 UTC. */
  readonly dailyQuotaBytes: number;
  /** How long a draining relay lets pairings finish. */
  readonly shutdownGraceMs: number;
}

export type RelayOptions = { readonly [Name in keyof RelaySettings]?: RelaySettings[Name] | undefined };

/** Longest duration: timers of more than 2^31-1 ms fire at once (Node's timers documentation). */
export const MAX_DURATION_MS = 2 ** 31 - 1;

/** `maxConnections` has no constant: it is 80% of the open-files limit of the process. */
export const DEFAULTS: Omit<RelaySettings, 'maxConnections'> = Object.freeze({
  port: 4000,
  host: undefined,
  handshakeTimeoutMs: 10_000,
  abandonAfterMs: 10 * 60_000,
  retryWindowMs: 2 * 60_000,
  idleTimeoutMs: 5 * 60_000,
  stallTimeoutMs: 60_000,
  cleanupIntervalMs: 60_000,
  rateLimitIp: 60,
  rateLimitCode: 30,
  lockoutAttempts: 3,
  lockoutSourceAttempts: 10,
  lockoutWindowMs: 5 * 60_000,
  lockoutDurationMs: 10 * 60_000,
  maxConnectionsPerIp: 64,
  bufferMemoryMiB: 256,
  maxBytesPerSecond: 0,
  maxBytesPerSecondPerRoom: 0,
  maxRoomBytes: 0,
  maxRoomAgeMs: 0,
  dailyQuotaBytes: 0,
  shutdownGraceMs: 30_000,
});

interface Range {
  readonly min: number;
  readonly max: number;
  /** What is not 0 is no less than this. */
  readonly leastOn?: number;
}

const DURATION: Range = { min: 1, max: MAX_DURATION_MS };
const COUNT: Range = { min: 0, max: 2 ** 31 - 1 };
const BYTES: Range = { min: 0, max: 2 ** 50 };
/** Slower than this, what passes at once is too much for the time that it is to take. */
const RATE: Range = { ...BYTES, leastOn: 1000 };

/** What each number may be. The command line checks its flags against the same table. */
export const RANGES: Readonly<Record<Exclude<keyof RelaySettings, 'host'>, Range>> = {
  port: { min: 0, max: 65_535 },
  handshakeTimeoutMs: DURATION,
  abandonAfterMs: DURATION,
  retryWindowMs: DURATION,
  idleTimeoutMs: DURATION,
  stallTimeoutMs: DURATION,
  cleanupIntervalMs: DURATION,
  rateLimitIp: COUNT,
  rateLimitCode: COUNT,
  lockoutAttempts: COUNT,
  lockoutSourceAttempts: COUNT,
  lockoutWindowMs: DURATION,
  lockoutDurationMs: DURATION,
  maxConnections: { min: 1, max: COUNT.max },
  maxConnectionsPerIp: COUNT,
  bufferMemoryMiB: { min: 0, max: 1024 * 1024 },
  maxBytesPerSecond: RATE,
  maxBytesPerSecondPerRoom: RATE,
  maxRoomBytes: BYTES,
  maxRoomAgeMs: { min: 0, max: MAX_DURATION_MS },
  dailyQuotaBytes: BYTES,
  shutdownGraceMs: { min: 0, max: MAX_DURATION_MS },
};

/**
 * The settings of a relay: what was given, over the defaults.
 * @throws {RangeError} where a value is no whole number of its range; the message names it.
 */
export function resolveSettings(options: RelayOptions = {}): RelaySettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (const [name, range] of Object.entries(RANGES)) {
    const value: unknown = given[name];
    if (value === undefined || isWithin(range, value)) continue;
    const { min, max, leastOn } = range;
    const unless = leastOn === undefined ? '' : ` (${leastOn} or more unless 0)`;
    throw new RangeError(
      `${name} must be a whole number from ${min} to ${max}${unless}, not ${JSON.stringify(value)}`,
    );
  }
  return Object.freeze({ ...DEFAULTS, maxConnections: defaultMaxConnections(), ...given });
}

function isWithin({ min, max, leastOn = min }: Range, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  return value >= min && value <= max && (value === 0 || value >= leastOn);
}

/** 80% of the open files; where they are few (under 240), fewer, so that some are left to refuse a client with. */
function defaultMaxConnections(): number {
  const limit = openFilesLimit();
  return Math.floor(Math.min(limit * 0.8, Math.max(limit - RESERVED_FILES - 16, limit * 0.15)));
}
