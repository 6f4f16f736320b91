import type { EndReason } from '../../protocol/replies.js';
import type { Share, Taker } from './fair-rates.js';

/** What a room has used up, over all of its pairings. */
export interface RoomTab {
  /** Bytes passed on, to each receiver and to the sender. */
  bytes: number;
  /** When it was paired first, on the relay's clock. */
  readonly since: number;
}

/** A tab for another process, which has another clock. */
export interface TabNote {
  readonly bytes: number;
  readonly ageMs: number;
}

export function noteOf({ bytes, since }: RoomTab, now: number): TabNote {
  return { bytes, ageMs: now - since };
}

export function tabOf({ bytes, ageMs }: TabNote, now: number): RoomTab {
  return { bytes, since: now - ageMs };
}

/** What one payer has left. Bytes of all of its rooms come off it. */
export interface Account {
  readonly left: number;
  spend(bytes: number): void;
}

/** Reaching one ends a room for good. */
export type CostLimit = Extract<EndReason, 'byte-limit' | 'age-limit' | 'quota'>;

export function isCostLimit(reason: EndReason): reason is CostLimit {
  return reason === 'byte-limit' || reason === 'age-limit' || reason === 'quota';
}

export interface MeterOptions {
  readonly tab: RoomTab;
  /** Undefined where no rate is set. */
  readonly share: Share | undefined;
  /** Undefined where there is no quota. */
  readonly account: Account | undefined;
  /** 0 is off. */
  readonly maxRoomBytes: number;
  readonly maxRoomAgeMs: number;
  readonly now: () => number;
}

/** What one pairing may pass on, and at which pace. */
export class Meter {
  readonly #options: MeterOptions;
  #ageTimer: NodeJS.Timeout | undefined;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** A rate is set: what comes in faster only fills buffers. */
  get hasRate(): boolean {
    return this.#options.share !== undefined;
  }

  /** It has something to pass on, and the rate holds it back. */
  get isHeldBack(): boolean {
    return this.#options.share?.isWaiting ?? false;
  }

  /** Bytes that may still pass. */
  get left(): number {
    return Math.min(this.#roomLeft, this.#options.account?.left ?? Infinity);
  }

  /** Why no more than `left` may pass. */
  get limit(): CostLimit {
    return this.#roomLeft <= this.left ? 'byte-limit' : 'quota';
  }

  get #roomLeft(): number {
    const { maxRoomBytes, tab } = this.#options;
    return maxRoomBytes > 0 ? maxRoomBytes - tab.bytes : Infinity;
  }

  spend(bytes: number): void {
    const { tab, account } = this.#options;
    tab.bytes += bytes;
    account?.spend(bytes);
  }

  /** Calls `take` once, as soon as the rate lets something pass. */
  wait(taker: Taker): void {
    const { share } = this.#options;
    if (share === undefined) taker.take(Infinity);
    else share.wait(taker);
  }

  leave(taker: Taker): void {
    this.#options.share?.leave(taker);
  }

  /** Calls `onTooOld` once, when the room has its age, unless `stop` comes first. */
  start(onTooOld: () => void): void {
    const { maxRoomAgeMs, tab, now } = this.#options;
    if (maxRoomAgeMs === 0) return;
    this.#ageTimer = setTimeout(onTooOld, Math.max(1, tab.since + maxRoomAgeMs - now()));
    this.#ageTimer.unref();
  }

  stop(): void {
    clearTimeout(this.#ageTimer);
  }
}
