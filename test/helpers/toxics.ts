export type Direction = 'up' | 'down';

/** What is wrong with a line, by the names that Toxiproxy gives its toxics. Times are in milliseconds. */
export type Toxic =
  /** Everything arrives so much later, give or take the jitter; the order stays. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** The FIN comes so much later than what it stands behind. */
  | { readonly kind: 'slow_close'; readonly ms: number }
  /** Nothing arrives any more, until the toxic is removed (then all of it does), or the connection is reset. */
  | { readonly kind: 'timeout'; readonly ms?: number }
  | { readonly kind: 'reset_peer'; readonly ms?: number }
  /** Small pieces, with so much time after each. */
  | {
      readonly kind: 'slicer';
      readonly averageBytes: number;
      readonly variationBytes: number;
      readonly gapMs?: number;
    }
  /** So many bytes of each connection arrive, counted from now; then it is over, by a reset or an early FIN. */
  | { readonly kind: 'limit_data'; readonly bytes: number; readonly by: 'reset' | 'fin' };

type Kind = Toxic['kind'];

/** One toxic on the line; two that are alike are two. */
export interface Applied {
  readonly toxic: Toxic;
  readonly direction: Direction;
}

/** The toxics that are on a line now. */
export class Toxics {
  readonly #applied = new Set<Applied>();
  readonly #listeners = new Set<() => void>();

  /** @returns what takes it off again */
  add(toxic: Toxic, direction: Direction | 'both'): () => void {
    const directions: readonly Direction[] = direction === 'both' ? ['up', 'down'] : [direction];
    const added = directions.map((each) => ({ toxic, direction: each }));
    for (const each of added) this.#applied.add(each);
    this.#tell();
    return () => {
      for (const each of added) this.#applied.delete(each);
      this.#tell();
    };
  }

  /** Those of one kind that concern this direction. */
  of<Name extends Kind>(
    kind: Name,
    direction: Direction,
  ): { readonly applied: Applied; readonly toxic: Extract<Toxic, { kind: Name }> }[] {
    return [...this.#applied]
      .filter((applied) => applied.direction === direction && applied.toxic.kind === kind)
      .map((applied) => ({ applied, toxic: applied.toxic as Extract<Toxic, { kind: Name }> }));
  }

  /** After how many milliseconds a new connection is to be reset, one for each toxic that does so. */
  resets(): number[] {
    const toxics = new Set([...this.#applied].map(({ toxic }) => toxic));
    return [...toxics].flatMap((toxic) => resetsAfter(toxic) ?? []);
  }

  /** Calls it at every change, until what it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** When a toxic resets the connections that it is on, in milliseconds; undefined: never. */
export function resetsAfter(toxic: Toxic): number | undefined {
  if (toxic.kind === 'reset_peer') return toxic.ms ?? 0;
  return toxic.kind === 'timeout' ? toxic.ms : undefined;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
