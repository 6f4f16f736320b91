import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import { BoundedTable, type BoundedTableOptions } from './table/bounded-table.js';

interface LimiterOptions extends BoundedTableOptions {
  /** From a key's first point to its end, whatever comes between: a fixed window. Milliseconds. */
  readonly windowMs: number;
  /** How long a key is blocked from the point that goes over the limit; 0: until its window ends. Milliseconds. */
  readonly blockMs: number;
  /** What becomes of a new key when every key of the table is blocked: it goes uncounted, or it is refused. */
  readonly whenFull: 'pass' | 'refuse';
}

/** What one point did. */
export interface Tally {
  readonly count: number;
  readonly blocked: boolean;
  /** This point is the one that went over the limit. */
  readonly justBlocked: boolean;
  /** Until the key starts afresh. */
  readonly msLeft: number;
}

/** Counts points by key, up to a limit. */
export interface Limiter {
  /** Asks, and counts nothing. Not a promise, so that asking and counting can be one step that nothing comes between. */
  isBlocked(key: string): boolean;
  /** Counts a point, in the call itself and not after it. A blocked key stays blocked no longer for it. */
  count(key: string): Promise<Tally>;
  /** Forgets the key's points, and its block if it has one. */
  forget(key: string): void;
}

/** A limiter in this process's memory, which is bounded: see {@link BoundedTable}. */
export function createLimiter(options: LimiterOptions): Limiter {
  return new BoundedLimiter(options);
}

interface Stored {
  readonly points: number;
  readonly msLeft: number;
}

/**
 * The rules of rate-limiter-flexible (what a point does, when a block begins) over our own table. Its memory limiter
 * sets a timer for each key, keeps any number of them, and overflows with durations of more than 2^31-1 ms; its other
 * stores read the system's clock.
 */
class BoundedLimiter extends RateLimiterStoreAbstract<Stored> implements Limiter {
  readonly #table: BoundedTable;
  readonly #whenFull: LimiterOptions['whenFull'];
  readonly #now: () => number;

  constructor({ windowMs, blockMs, whenFull, ...table }: LimiterOptions) {
    super({
      points: table.limit,
      duration: windowMs / 1000,
      blockDuration: blockMs / 1000,
      keyPrefix: '',
    });
    this.#table = new BoundedTable(table);
    this.#whenFull = whenFull;
    this.#now = table.now;
  }

  isBlocked(key: string): boolean {
    return this.#table.isBlocked(key);
  }

  async count(key: string): Promise<Tally> {
    try {
      return this.#tally(await this.consume(key));
    } catch (refusal) {
      // A point over the limit rejects with a plain result. Anything else is an error, and not ours to judge.
      if (refusal instanceof RateLimiterRes) return this.#tally(refusal);
      throw refusal;
    }
  }

  forget(key: string): void {
    this.#table.delete(key);
  }

  #tally({ consumedPoints, msBeforeNext }: RateLimiterRes): Tally {
    return {
      count: consumedPoints,
      blocked: consumedPoints > this.points,
      justBlocked: consumedPoints === this.points + 1,
      msLeft: msBeforeNext,
    };
  }

  protected override _upsert(
    key: string,
    points: number,
    msDuration: number,
    forceExpire = false,
  ): Promise<Stored> {
    // The duration went through seconds: 1001 ms come back as 1000.9999999999999.
    const lastsMs = Math.round(msDuration);
    // Of all that would set an end, only the beginning of a block is ever called for here.
    const entry = forceExpire
      ? this.#table.block(key, points, lastsMs)
      : this.#table.add(key, points, lastsMs);
    if (entry !== undefined) return Promise.resolve(this.#stored(entry));
    // Refused like a key that has been blocked for a while: a block that nobody remembers did not begin either.
    const uncounted = this.#whenFull === 'pass' ? Math.min(points, this.points) : this.points + 1 + points;
    return Promise.resolve({ points: uncounted, msLeft: lastsMs });
  }

  protected override _get(key: string): Promise<Stored | null> {
    const entry = this.#table.get(key);
    return Promise.resolve(entry === undefined ? null : this.#stored(entry));
  }

  protected override _getRateLimiterRes(key: string, changedPoints: number, stored: Stored): RateLimiterRes {
    const left = Math.max(this.points - stored.points, 0);
    return new RateLimiterRes(left, stored.msLeft, stored.points, stored.points === changedPoints);
  }

  #stored({ points, endsAt }: { readonly points: number; readonly endsAt: number }): Stored {
    return { points, msLeft: endsAt - this.#now() };
  }
}
