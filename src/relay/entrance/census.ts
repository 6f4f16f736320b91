import { withNetworks } from '../../guard/source-limiter.js';

export interface CensusOptions {
  readonly maxConnections: number;
  /** 0 is off. */
  readonly maxConnectionsPerIp: number;
}

/** Counts connections that are open, in all and by source. */
export class Census {
  readonly #options: CensusOptions;
  /** Sources and the networks that they are in. */
  readonly #byKey = new Map<string, number>();
  #total = 0;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /**
   * Counts one more in; false, and nothing counted, where that is too many.
   * @param source undefined for a proxy's connection, whose client is not known yet, or that is the proxy's own
   */
  enter(source: string | undefined): boolean {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (this.#total >= maxConnections) return false;
    const keys = keysOf(source);
    const isOver = keys.some(({ key, times }) => this.#count(key) >= maxConnectionsPerIp * times);
    if (isOver && maxConnectionsPerIp > 0) return false;
    this.#total += 1;
    for (const { key } of keys) this.#byKey.set(key, this.#count(key) + 1);
    return true;
  }

  /** The same that was given to `enter`, and only where that said true. */
  leave(source: string | undefined): void {
    const keys = keysOf(source);
    if (keys.some(({ key }) => this.#count(key) === 0)) return;
    this.#total -= 1;
    for (const { key } of keys) {
      const count = this.#count(key);
      if (count === 1) this.#byKey.delete(key);
      else this.#byKey.set(key, count - 1);
    }
  }

  #count(key: string): number {
    return this.#byKey.get(key) ?? 0;
  }
}

/** What a connection of this source is counted by, besides in all. */
function keysOf(source: string | undefined): ReturnType<typeof withNetworks> {
  return source === undefined ? [] : withNetworks(source);
}
