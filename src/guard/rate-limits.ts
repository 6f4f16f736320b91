import type { Refusal } from '../protocol/replies.js';
import type { RelaySettings } from '../relay/options.js';
import { createLimiter, type Limiter } from './limiter.js';

const WINDOW_MS = 60_000;

/** Keys in each table. With more sources than that within a minute, the oldest of them get a fresh budget. */
const CAPACITY = 32_768;

export type RateLimitSettings = Pick<RelaySettings, 'rateLimitIp' | 'rateLimitCode'>;

interface RateLimitOptions extends RateLimitSettings {
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
}

/** How many connections a minute one source may open, and to one code. A refusal, or undefined: come in. */
interface RateLimits {
  /** Counts a connection of this source. */
  connecting(source: string): Promise<Refusal | undefined>;
  /** Counts a connection of this source to this room. */
  joining(source: string, room: string): Promise<Refusal | undefined>;
}

export function createRateLimits({ rateLimitIp, rateLimitCode, now }: RateLimitOptions): RateLimits {
  const sources = perMinute(rateLimitIp, now);
  const sourcesAtRooms = perMinute(rateLimitCode, now);
  return {
    connecting: (source) => refusalOf(sources, source, 'IP'),
    joining: (source, room) => refusalOf(sourcesAtRooms, `${source} ${room}`, 'code'),
  };
}

function perMinute(limit: number, now: () => number): Limiter | undefined {
  if (limit === 0) return undefined;
  // When every key of the table is over its limit, a new one is let in: this limit is there to share the relay out
  // fairly, and whoever can fill a table would otherwise shut everybody else out. Open connections stay limited.
  return createLimiter({ limit, windowMs: WINDOW_MS, blockMs: 0, capacity: CAPACITY, whenFull: 'pass', now });
}

async function refusalOf(
  limiter: Limiter | undefined,
  key: string,
  scope: 'IP' | 'code',
): Promise<Refusal | undefined> {
  if (limiter === undefined) return undefined;
  const { blocked, msLeft } = await limiter.count(key);
  if (!blocked) return undefined;
  return { token: 'rate-limited', scope, retryAfterSeconds: Math.max(1, Math.ceil(msLeft / 1000)) };
}
