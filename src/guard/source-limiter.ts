import type { Limiter, Tally } from './limiter.js';
import { networksOf } from './source.js';

/**
 * How many times a source's limit holds for the source itself, for its /56 and for its /48. Somebody who has one of these
 * has 256 or 65,536 sources; but they may also be many people's, who should not meet each other's limit.
 */
const TIMES = [1, 4, 16] as const;

/** Counts by source, and with larger limits by the networks that an IPv6 source is in. */
export class SourceLimiter {
  readonly #levels: readonly (Limiter | undefined)[];

  /** @param create the limiter with so many times a source's limit; undefined where there is none */
  constructor(create: (times: number) => Limiter | undefined) {
    this.#levels = TIMES.map((times) => create(times));
  }

  /** The source is, or a network that it is in. */
  isBlocked(source: string): boolean {
    return withNetworks(source).some(({ key }, level) => this.#levels[level]?.isBlocked(key) === true);
  }

  /**
   * Counts a point against the source and each of its networks, in the call itself. Behind a block nothing is counted any
   * wider: a source that goes on and on does not use up what its neighbours share.
   *
   * @returns what it did, the source first
   */
  async count(source: string): Promise<readonly Tally[]> {
    const counts: Promise<Tally>[] = [];
    for (const [level, { key }] of withNetworks(source).entries()) {
      const limiter = this.#levels[level];
      if (limiter === undefined) break;
      const wasBlocked = limiter.isBlocked(key);
      counts.push(limiter.count(key));
      if (wasBlocked) break;
    }
    return await Promise.all(counts);
  }

  /** Forgets the points and blocks of the source and of its networks. */
  forget(source: string): void {
    for (const [level, { key }] of withNetworks(source).entries()) this.#levels[level]?.forget(key);
  }
}

/** What a limit of sources holds for: the source, and its networks so many times. */
export function withNetworks(source: string): readonly { readonly key: string; readonly times: number }[] {
  return [source, ...networksOf(source)].map((key, level) => ({ key, times: TIMES[level] ?? 1 }));
}
