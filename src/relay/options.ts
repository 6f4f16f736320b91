import { openFilesLimit, RESERVED_FILES } from './open-files.js';

/** What a relay is run with. Times are in milliseconds; a limit of 0 is off. */
export interface RelaySettings {
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
  /** Connections a minute from one source. */
  readonly rateLimitIp: number;
  /** Connections a minute from one source to one code. */
  readonly rateLimitCode: number;
  /** Failed attempts at which a code is blocked. */
  readonly lockoutAttempts: number;
  /** Failed attempts at which a source is blocked. */
  readonly lockoutSourceAttempts: number;
  /** The time in which failed attempts count. */
  readonly lockoutWindowMs: number;
  /** How long a block lasts. */
  readonly lockoutDurationMs: number;
  /** Connections open at once, in all. */
  readonly maxConnections: number;
  /** Connections open at once from one source. */
  readonly maxConnectionsPerIp: number;
  /** Memory for large read buffers, in all, in MiB. Past it, and at 0, pairs read as plain sockets do. */
  readonly bufferMemoryMiB: number;
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
  shutdownGraceMs: 30_000,
});

interface Range {
  readonly min: number;
  readonly max: number;
}

const DURATION: Range = { min: 1, max: MAX_DURATION_MS };
const COUNT: Range = { min: 0, max: 2 ** 31 - 1 };

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
  shutdownGraceMs: { min: 0, max: MAX_DURATION_MS },
};

/**
 * The settings of a relay: what was given, over the defaults.
 * @throws {RangeError} where a value is no whole number of its range; the message names it.
 */
export function resolveSettings(options: RelayOptions = {}): RelaySettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (const [name, { min, max }] of Object.entries(RANGES)) {
    const value: unknown = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(
        `${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`,
      );
    }
  }
  return Object.freeze({ ...DEFAULTS, maxConnections: defaultMaxConnections(), ...given });
}

/** 80% of the open files; where they are few (under 240), fewer, so that some are left to refuse a client with. */
function defaultMaxConnections(): number {
  const limit = openFilesLimit();
  return Math.floor(Math.min(limit * 0.8, Math.max(limit - RESERVED_FILES - 16, limit * 0.15)));
}
