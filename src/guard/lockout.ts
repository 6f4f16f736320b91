import type { Refusal } from '../protocol/replies.js';
import type { RelaySettings } from '../relay/options.js';
import { type BarredSource, BarredSources } from './barred-sources.js';
import type { Attempt } from './guard.js';
import { createLimiter, type Limiter, type Tally } from './limiter.js';

/** Keys in each table: active blocks, and the newest counts. */
const CAPACITY = 65_536;

export type LockoutSettings = Pick<
  RelaySettings,
  'lockoutAttempts' | 'lockoutSourceAttempts' | 'lockoutWindowMs' | 'lockoutDurationMs'
>;

interface LockoutOptions extends LockoutSettings {
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
  /** Called for each block that begins. */
  readonly onLockout: () => void;
}

/**
 * What failed attempts lead to. Blocks never lengthen while they last; after one, its count starts afresh.
 *
 * Guesses at a code that has no room block the code, whoever makes them. Wrong keys at a live room block only their
 * source, and only there: otherwise anybody who knows a code could lock its owner out. And every failed attempt
 * counts against its source, which at a threshold of its own is blocked everywhere.
 */
interface Lockout {
  isSourceBlocked(source: string): boolean;
  isCodeBlocked(attempt: Attempt): boolean;
  /**
   * Counts a failed attempt, and says how it is refused. Nothing is counted where a block stands in its way already,
   * which happens where attempts ran side by side: one that was too late is refused like any that comes later.
   */
  failed(attempt: Attempt): Promise<Refusal>;
  /** The same, of a sender without a valid token: of the code nothing is asked and nothing is counted. */
  withoutToken(source: string): Promise<Refusal>;
  /** Clears the count of the room's code, and its members' own counts there; other sources' stay. */
  paired(room: string, sources: readonly string[]): void;
  /** Refuses a source everywhere for so long, by somebody's wish. False where too many are refused so. */
  bar(source: string, forMs: number): boolean;
  /** Lifts a source's block, whatever led to it, and forgets its count. False where there was none. */
  admit(source: string): boolean;
  /** Those that `bar` refuses. */
  barred(): readonly BarredSource[];
}

export const SOURCE_BLOCKED: Refusal = { token: 'source-blocked' };
export const CODE_BLOCKED: Refusal = { token: 'code-blocked' };

export function createLockout(options: LockoutOptions): Lockout {
  const { lockoutAttempts, lockoutSourceAttempts, onLockout } = options;
  // When a table holds nothing but active blocks, a further code cannot be counted. The attempt that failed there is
  // refused as at a blocked code: it has failed anyway, and is told nothing about tries that nobody counts. Those
  // who have the right code and key are not refused, or whoever can fill the table would shut everybody out.
  const codes = limiterOf(lockoutAttempts, 'refuse', options);
  const sourcesAtRooms = limiterOf(lockoutAttempts, 'refuse', options);
  // A source that cannot be counted goes on; its attempts are still refused one by one.
  const sources = limiterOf(lockoutSourceAttempts, 'pass', options);

  const barred = new BarredSources(options.now);

  const isSourceBlocked = (source: string) => barred.has(source) || (sources?.isBlocked(source) ?? false);

  const isCodeBlocked = ({ source, room, live }: Attempt) =>
    (sourcesAtRooms?.isBlocked(at(source, room)) ?? false) || (!live && (codes?.isBlocked(room) ?? false));

  const count = async (limiter: Limiter | undefined, key: string): Promise<Tally | undefined> => {
    const tally = await limiter?.count(key);
    if (tally?.justBlocked) onLockout();
    return tally;
  };

  return {
    isSourceBlocked,
    isCodeBlocked,

    async failed(attempt) {
      const { source, room, live } = attempt;
      if (isSourceBlocked(source)) return SOURCE_BLOCKED;
      if (isCodeBlocked(attempt)) return CODE_BLOCKED;
      const [here] = await Promise.all([
        live ? count(sourcesAtRooms, at(source, room)) : count(codes, room),
        count(sources, source),
      ]);
      if (here?.blocked) return CODE_BLOCKED;
      return { token: 'invalid-code', triesLeft: here && lockoutAttempts - here.count };
    },

    async withoutToken(source) {
      if (isSourceBlocked(source)) return SOURCE_BLOCKED;
      await count(sources, source);
      return { token: 'invalid-token' };
    },

    paired(room, members) {
      codes?.forget(room);
      for (const source of members) sourcesAtRooms?.forget(at(source, room));
    },

    bar: (source, forMs) => barred.bar(source, forMs),

    admit(source) {
      const wasBlocked = isSourceBlocked(source);
      barred.admit(source);
      sources?.forget(source);
      return wasBlocked;
    },

    barred: () => barred.list(),
  };
}

function at(source: string, room: string): string {
  return `${source} ${room}`;
}

/** @param attempts the threshold: the attempt that reaches it begins the block. 0 is off. */
function limiterOf(
  attempts: number,
  whenFull: 'pass' | 'refuse',
  { lockoutWindowMs, lockoutDurationMs, now }: LockoutOptions,
): Limiter | undefined {
  if (attempts === 0) return undefined;
  return createLimiter({
    limit: attempts - 1,
    windowMs: lockoutWindowMs,
    blockMs: lockoutDurationMs,
    capacity: CAPACITY,
    whenFull,
    now,
  });
}
