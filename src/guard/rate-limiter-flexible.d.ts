/**
 * The base of that package's limiters with a store. Its own declarations name it in the index, where it is not at run
 * time, and leave out the parts that a store has to write.
 */
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

  interface Options {
    /** A key with more points than this is refused. */
    readonly points: number;
    /** Seconds from a key's first point to its end. */
    readonly duration: number;
    /** Seconds for which the key is refused once it has more points; 0: until its end. */
    readonly blockDuration: number;
    /** Put before each key, with a colon, unless it is empty. */
    readonly keyPrefix: string;
  }

  abstract class RateLimiterStoreAbstract<Stored> {
    constructor(options: Options);

    readonly points: number;
    readonly consume: RateLimiterAbstract['consume'];

    /** Adds points. Where `forceExpire`, sets them, and the end as well. */
    protected abstract _upsert(
      key: string,
      points: number,
      msDuration: number,
      forceExpire?: boolean,
    ): Promise<Stored>;
    protected abstract _get(key: string): Promise<Stored | null>;
    protected abstract _getRateLimiterRes(key: string, changedPoints: number, stored: Stored): RateLimiterRes;
  }

  export = RateLimiterStoreAbstract;
}
