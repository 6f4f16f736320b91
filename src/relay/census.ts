export interface CensusOptions {
  readonly maxConnections: number;
  /** 0 is off. */
  readonly maxConnectionsPerIp: number;
}

/** Counts connections that are open, in all and by source. */
export class Census {
  readonly #options: CensusOptions;
  readonly #bySource = new Map<string, number>();
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
    if (source === undefined) {
      this.#total += 1;
      return true;
    }
    const count = this.#bySource.get(source) ?? 0;
    if (maxConnectionsPerIp > 0 && count >= maxConnectionsPerIp) return false;
    this.#total += 1;
    this.#bySource.set(source, count + 1);
    return true;
  }

  /** The same that was given to `enter`, and only where that said true. */
  leave(source: string | undefined): void {
    if (source === undefined) {
      this.#total -= 1;
      return;
    }
    const count = this.#bySource.get(source) ?? 0;
    if (count === 0) return;
    this.#total -= 1;
    if (count === 1) this.#bySource.delete(source);
    else this.#bySource.set(source, count - 1);
  }
}
