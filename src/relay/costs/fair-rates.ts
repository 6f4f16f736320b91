import { MAX_RECEIVERS } from '../../protocol/limits.js';
import { TokenBucket } from './token-bucket.js';

/** What has to be there before something passes, at most: as much as a plain read. */
const LARGEST_SLICE_BYTES = 64 * 1024;

/** A byte to each of the receivers must fit. */
const SMALLEST_SLICE_BYTES = MAX_RECEIVERS;

/** So much of all rooms' rate is a slice. */
const SLICE_MS = 10;

/** With many rooms a turn is smaller: each is to have one in this time, unless turns would be smaller than a packet. */
const ROUND_MS = 500;
const PACKET_BYTES = 1400;

/** So much of a room's own rate is one: a thousand rooms must not wake up a hundred times a second each. */
const ROOM_SLICE_MS = 100;

/** Something that waits to pass bytes on. */
export interface Taker {
  /** Passes on up to so many bytes, at once. Returns how many it were, with those to each receiver counted. */
  take(bytes: number): number;
}

/** One room's share of the rate. */
export interface Share {
  /** Calls `take` once, when it is this room's turn; within the room it is first come first served. */
  wait(taker: Taker): void;
  /** This one does not wait any more. */
  leave(taker: Taker): void;
  /** Somebody of this room waits. */
  readonly isWaiting: boolean;
}

export interface FairRatesOptions {
  /** Bytes a second of all rooms together; 0 is off. */
  readonly maxBytesPerSecond: number;
  /** Bytes a second of each room; 0 is off. */
  readonly maxBytesPerSecondPerRoom: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Runs a callback once, after so many whole milliseconds, never within the call; gives what cancels it. */
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/**
 * Shares a rate fairly among rooms: those that want to pass something take turns. However many flows a room has, it has
 * one turn. Nothing runs while nobody waits.
 */
export class FairRates {
  readonly #options: FairRatesOptions;
  readonly #slice: number;
  readonly #bucket: TokenBucket | undefined;
  /** Rooms whose turn comes, in this order. */
  readonly #ring = new Set<RoomShare>();
  #cancelTimer: (() => void) | undefined;

  constructor(options: FairRatesOptions) {
    this.#options = options;
    const { maxBytesPerSecond, maxBytesPerSecondPerRoom, now } = options;
    const most = Math.min(
      LARGEST_SLICE_BYTES,
      maxBytesPerSecond > 0 ? (maxBytesPerSecond * SLICE_MS) / 1000 : Infinity,
      maxBytesPerSecondPerRoom > 0 ? (maxBytesPerSecondPerRoom * ROOM_SLICE_MS) / 1000 : Infinity,
    );
    this.#slice = Math.max(SMALLEST_SLICE_BYTES, Math.floor(most));
    if (maxBytesPerSecond > 0) this.#bucket = new TokenBucket(maxBytesPerSecond, this.#slice, now);
  }

  /** A share for one room. There is nothing to close. */
  open(): Share {
    const { maxBytesPerSecondPerRoom: rate, now } = this.#options;
    return new RoomShare(this, rate > 0 ? new TokenBucket(rate, this.#slice, now) : undefined);
  }

  /** This room waits from now on, behind those that do. */
  enter(share: RoomShare): void {
    this.#ring.add(share);
    this.#schedule();
  }

  /** Nobody of this room waits any more. */
  leave(share: RoomShare): void {
    this.#ring.delete(share);
    share.unpark();
    if (this.#ring.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#options.setTimer(
      () => this.#round(),
      Math.ceil(this.#bucket?.msUntil(this.#slice) ?? 0),
    );
  }

  /**
   * One turn for each room that waits, as far as there is something to give: a slice or less, or an equal part of what has come
   * together. Not a second turn: the quickest to come back would get all that is left.
   */
  #round(): void {
    this.#cancelTimer = undefined;
    let turns = this.#ring.size;
    const turn = this.#turnOf(turns);
    const part = Math.max(turn, (this.#bucket?.level ?? Infinity) / turns);
    for (const share of this.#ring) {
      const level = this.#bucket?.level ?? Infinity;
      if (turns === 0 || level < turn) break;
      turns -= 1;
      this.#ring.delete(share);
      const ownLevel = share.bucket?.level ?? Infinity;
      if (share.bucket !== undefined && ownLevel < this.#slice) {
        const ms = Math.ceil(share.bucket.msUntil(this.#slice));
        share.park(this.#options.setTimer(() => this.#unpark(share), ms));
        continue;
      }
      const bytes = share.takeTurn(Math.floor(Math.min(part, level, ownLevel)));
      this.#bucket?.spend(bytes);
      share.bucket?.spend(bytes);
      if (share.isWaiting) this.#ring.add(share);
    }
    if (this.#ring.size > 0) this.#schedule();
  }

  /** What one turn is at least, where so many rooms wait. */
  #turnOf(rooms: number): number {
    const { maxBytesPerSecond } = this.#options;
    const equal = Math.floor((maxBytesPerSecond * ROUND_MS) / 1000 / rooms);
    return Math.min(this.#slice, Math.max(PACKET_BYTES, equal));
  }

  #unpark(share: RoomShare): void {
    share.unpark();
    this.enter(share);
  }
}

class RoomShare implements Share {
  /** What it may pass on, where rooms have a rate of their own. */
  readonly bucket: TokenBucket | undefined;
  readonly #rates: FairRates;
  readonly #takers = new Set<Taker>();
  /** Set while its own rate lets nothing pass. */
  #cancelTimer: (() => void) | undefined;

  constructor(rates: FairRates, bucket: TokenBucket | undefined) {
    this.#rates = rates;
    this.bucket = bucket;
  }

  get isWaiting(): boolean {
    return this.#takers.size > 0;
  }

  wait(taker: Taker): void {
    this.#takers.add(taker);
    if (this.#cancelTimer === undefined) this.#rates.enter(this);
  }

  leave(taker: Taker): void {
    if (this.#takers.delete(taker) && !this.isWaiting) this.#rates.leave(this);
  }

  /** The one who has waited longest passes something on. */
  takeTurn(bytes: number): number {
    const [taker] = this.#takers;
    if (taker === undefined) return 0;
    this.#takers.delete(taker);
    return taker.take(bytes);
  }

  park(cancelTimer: () => void): void {
    this.#cancelTimer = cancelTimer;
  }

  unpark(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
