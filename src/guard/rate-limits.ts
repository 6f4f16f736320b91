import type { Refusal } from '../protocol/replies.js';
import type { GuardSettings } from './guard.js';
import { createLimiter, type Limiter, type Tally } from './limiter.js';
import { SourceLimiter } from './source-limiter.js';

const WINDOW_MS = 60_000;

/** Keys in each table. With more sources than that within a minute, the oldest of them get a fresh budget. */
const CAPACITY = 32_768;

/** The same of each table of networks. */
const NETWORK_CAPACITY = 16_384;

interface RateLimitOptions extends Pick<GuardSettings, 'rateLimitIp' | 'rateLimitCode'> {
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
  // Networks too: whoever has a /48 would have 65,536 budgets, and could look for rooms by the thousand in a second.
  const sources = new SourceLimiter((times) =>
    perMinute(rateLimitIp * times, now, times === 1 ? CAPACITY : NETWORK_CAPACITY),
  );
  const sourcesAtRooms = perMinute(rateLimitCode, now);
  return {
    async connecting(source) {
      return refusalOf('IP', await sources.count(source));
    },
    async joining(source, room) {
      const tally = await sourcesAtRooms?.count(`${source} ${room}`);
      return refusalOf('code', tally === undefined ? [] : [tally]);
    },
  };
}

function perMinute(limit: number, now: () => number, capacity = CAPACITY): Limiter | undefined {
  if (limit === 0) return undefined;
  // When every key of the table is over its limit, a new one is let in: this limit is there to share the relay out
  // fairly, and whoever can fill a table would otherwise shut everybody else out. Open connections stay limited.
  return createLimiter({ limit, windowMs: WINDOW_MS, blockMs: 0, capacity, whenFull: 'pass', now });
}

function refusalOf(scope: 'IP' | 'code', tallies: readonly Tally[]): Refusal | undefined {
  const over = tallies.find(({ blocked }) => blocked);
  if (over === undefined) return undefined;
  return { token: 'rate-limited', scope, retryAfterSeconds: Math.max(1, Math.ceil(over.msLeft / 1000)) };
}
