import { quotaDay } from './day.js';

/** Payers whose bytes are counted at once. Past it the one that came first is forgotten, and has its quota anew. */
const CAPACITY = 65_536;

interface Count {
  /** As it was kept elsewhere when that was looked at last, */
  kept: number;
  /** after so many looks. */
  looks: number;
  /** What came since. */
  pending: number;
}

export interface DailyCountsOptions {
  /** Milliseconds since 1970, of a clock that may be set. */
  readonly wallNow: () => number;
  readonly capacity?: number;
}

/** What was counted for a day, and is not kept elsewhere yet. */
export interface PendingCounts {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly bytes: ReadonlyMap<string, number>;
}

/** Bytes by payer, from midnight to midnight UTC. They may also be kept elsewhere: see `pending` and `merged`. */
export class DailyCounts {
  readonly #wallNow: () => number;
  readonly #capacity: number;
  readonly #counts = new Map<string, Count>();
  #day: number;
  /** Bytes of a payer who has not been seen here. */
  #kept: (payer: string) => number = none;
  /** How often that was looked at. */
  #looks = 0;

  constructor({ wallNow, capacity = CAPACITY }: DailyCountsOptions) {
    this.#wallNow = wallNow;
    this.#capacity = capacity;
    this.#day = quotaDay(undefined, wallNow()).day;
  }

  /** Bytes today. */
  used(payer: string): number {
    this.#turnDay();
    const count = this.#counts.get(payer);
    if (count === undefined) return this.#kept(payer);
    // Only where somebody asks: to look up every payer each time would hold up the transfers.
    if (count.looks !== this.#looks) Object.assign(count, { kept: this.#kept(payer), looks: this.#looks });
    return count.kept + count.pending;
  }

  add(payer: string, bytes: number): void {
    this.#turnDay();
    const count = this.#counts.get(payer) ?? this.#open(payer);
    count.pending += bytes;
  }

  pending(): PendingCounts {
    this.#turnDay();
    const bytes = new Map<string, number>();
    for (const [payer, { pending }] of this.#counts) if (pending > 0) bytes.set(payer, pending);
    return { day: this.#day, bytes };
  }

  /**
   * The pending counts were added to what is kept elsewhere.
   *
   * @param day the day of what is kept
   * @param kept what is kept of a payer now
   */
  merged(pending: PendingCounts, day: number, kept: (payer: string) => number): void {
    this.#turnDay();
    // Midnight came in between: all of it is of yesterday.
    if (day < this.#day && pending.day < this.#day) return;
    this.#day = day;
    this.#kept = kept;
    this.#looks += 1;
    for (const [payer, bytes] of pending.bytes) {
      const count = this.#counts.get(payer);
      if (count !== undefined) count.pending = Math.max(0, count.pending - bytes);
    }
  }

  #turnDay(): void {
    const { day, isNew } = quotaDay(this.#day, this.#wallNow());
    this.#day = day;
    if (!isNew) return;
    this.#counts.clear();
    this.#kept = none;
  }

  #open(payer: string): Count {
    const count: Count = { kept: this.#kept(payer), looks: this.#looks, pending: 0 };
    const [oldest] = this.#counts.size < this.#capacity ? [] : this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(payer, count);
    return count;
  }
}

function none(): number {
  return 0;
}
