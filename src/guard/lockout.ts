import type { Refusal } from '../protocol/replies.js';
import { type BarredSource, BarredSources } from './barred-sources.js';
import { BlockMakers } from './block-makers.js';
import type { Attempt, GuardSettings } from './guard.js';
import { createLimiter, type Limiter, type Tally } from './limiter.js';
import { SourceLimiter } from './source-limiter.js';

/** Keys in the tables of codes and sources: active blocks, and the newest counts. */
const CAPACITY = 65_536;

/** The same of each table of networks, and of the attempts at codes that may come to be blocked. */
const SMALL_CAPACITY = 32_768;

type LockoutSettings = Omit<GuardSettings, 'rateLimitIp' | 'rateLimitCode'>;

interface LockoutOptions extends LockoutSettings {
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
  /** Called for each block that begins. */
  readonly onLockout: () => void;
}

/**
 * What failed attempts lead to. Blocks never lengthen while they last; after one, its count starts afresh.
 *
 * Guesses at a code that has no room block the code for receivers, whoever makes them. Its sender may open the room all the
 * same, and then it is open to everyone but those who made the block: otherwise three strangers, or a receiver that is too
 * early, would lock the sender out. Wrong keys at a live room block only their source, and only there: otherwise anybody who
 * knows a code could lock its owner out. And every failed attempt counts against its source, which at a threshold of its own
 * is blocked everywhere.
 */
interface Lockout {
  isSourceBlocked(source: string): boolean;
  isCodeBlocked(attempt: Attempt): boolean;
  /**
   * Counts a failed attempt, and says how it is refused. Nothing is counted where a block stands in its way already,
   * which happens where attempts ran side by side: one that was too late is refused like any that comes later.
   */
  failed(attempt: Attempt): Promise<Refusal>;
  /** Counts a failed attempt against its source alone. The refusal, with nothing counted, where it is blocked already. */
  suspect(source: string): Promise<Refusal | undefined>;
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
  const makers =
    codes &&
    new BlockMakers({
      capacity: SMALL_CAPACITY,
      lastsMs: options.lockoutWindowMs + options.lockoutDurationMs,
      now: options.now,
    });
  // A source that cannot be counted goes on; its attempts are still refused one by one.
  const sources = new SourceLimiter((times) =>
    limiterOf(lockoutSourceAttempts * times, 'pass', options, times === 1 ? CAPACITY : SMALL_CAPACITY),
  );

  const barred = new BarredSources(options.now);

  const isSourceBlocked = (source: string) => barred.has(source) || sources.isBlocked(source);

  const isCodeBlocked = ({ source, room, role, live }: Attempt) => {
    if (sourcesAtRooms?.isBlocked(at(source, room)) === true) return true;
    if (codes?.isBlocked(room) !== true) return false;
    return live ? makers?.has(room, at(source, room)) === true : role === 'receiver';
  };

  const told = <Counted extends Tally | undefined>(tally: Counted): Counted => {
    if (tally?.justBlocked) onLockout();
    return tally;
  };

  const countSource = async (source: string): Promise<void> => {
    for (const tally of await sources.count(source)) told(tally);
  };

  const countCode = async (source: string, room: string): Promise<Tally | undefined> => {
    const tally = told(await codes?.count(room));
    if (tally !== undefined) makers?.failed(room, at(source, room), tally.count === 1);
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
        live ? sourcesAtRooms?.count(at(source, room)).then(told) : countCode(source, room),
        countSource(source),
      ]);
      if (here?.blocked) return CODE_BLOCKED;
      return { token: 'invalid-code', triesLeft: here && lockoutAttempts - here.count };
    },

    async suspect(source) {
      if (isSourceBlocked(source)) return SOURCE_BLOCKED;
      await countSource(source);
      return undefined;
    },

    paired(room, members) {
      codes?.forget(room);
      for (const source of members) sourcesAtRooms?.forget(at(source, room));
    },

    bar: (source, forMs) => barred.bar(source, forMs),

    admit(source) {
      const wasBlocked = isSourceBlocked(source);
      barred.admit(source);
      sources.forget(source);
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
  options: LockoutOptions,
  capacity = CAPACITY,
): Limiter | undefined {
  const { lockoutWindowMs, lockoutDurationMs, now } = options;
  if (attempts === 0) return undefined;
  return createLimiter({
    limit: attempts - 1,
    windowMs: lockoutWindowMs,
    blockMs: lockoutDurationMs,
    capacity,
    whenFull,
    now,
  });
}
