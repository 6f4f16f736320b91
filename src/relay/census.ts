export interface CensusOptions {
  readonly maxConnections: number;
  /** 0 is off. */
  readonly maxConnectionsPerIp: number;
}

/** Counts the connections that are being served, in all and by source. */
export class Census {
  readonly #options: CensusOptions;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** Counts one more in; false, and nothing counted, where that is too many. */
  enter(source: string): boolean {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    const count = this.#bySource.get(source) ?? 0;
    if (this.#total >= maxConnections) return false;
    if (maxConnectionsPerIp > 0 && count >= maxConnectionsPerIp) return false;
    this.#total += 1;
    this.#bySource.set(source, count + 1);
    return true;
  }

  leave(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count === 0) return;
    this.#total -= 1;
    if (count === 1) this.#bySource.delete(source);
    else this.#bySource.set(source, count - 1);
  }
}
