import { DailyCounts } from '../../quotas/daily-counts.js';
import type { RelaySettings } from '../options.js';
import { FairRates, type FairRatesOptions, type Share } from './fair-rates.js';
import { type Account, Meter, type RoomTab } from './meter.js';

type CostSettings = Pick<
  RelaySettings,
  'maxBytesPerSecond' | 'maxBytesPerSecondPerRoom' | 'maxRoomBytes' | 'maxRoomAgeMs' | 'dailyQuotaBytes'
>;

export interface CostsOptions extends CostSettings, Pick<FairRatesOptions, 'now'> {
  /** Where the bytes of each payer are counted. */
  readonly dailyCounts: DailyCounts | undefined;
}

/** What a relay may cost its operator: the limits on rates, rooms and senders. */
export class Costs {
  readonly #options: CostsOptions;
  readonly #rates: FairRates | undefined;
  readonly #counts: DailyCounts | undefined;
  /** A room that is paired again while it still passes on what its last pairing left has one share for both. */
  readonly #shares = new WeakMap<RoomTab, Share>();
  readonly #isLimited: boolean;

  constructor(options: CostsOptions) {
    this.#options = options;
    const { maxBytesPerSecond, maxBytesPerSecondPerRoom, maxRoomBytes, maxRoomAgeMs, dailyQuotaBytes } =
      options;
    if (maxBytesPerSecond + maxBytesPerSecondPerRoom > 0) {
      this.#rates = new FairRates({ ...options, setTimer });
    }
    if (dailyQuotaBytes > 0) {
      this.#counts = options.dailyCounts ?? new DailyCounts({ wallNow: () => Date.now() });
    }
    const hasLimits = maxRoomBytes + maxRoomAgeMs > 0;
    this.#isLimited = hasLimits || this.#rates !== undefined || this.#counts !== undefined;
  }

  /** Nothing is left of this payer's quota. */
  isUsedUp(payer: string): boolean {
    return this.#counts !== undefined && this.#counts.used(payer) >= this.#options.dailyQuotaBytes;
  }

  /** For one pairing; undefined where nothing is limited. */
  meter(payer: string, room: { tab: RoomTab | undefined } | undefined): Meter | undefined {
    if (!this.#isLimited || room === undefined) return undefined;
    const tab = (room.tab ??= { bytes: 0, since: this.#options.now() });
    return new Meter({
      ...this.#options,
      tab,
      share: this.#shareOf(tab),
      account: this.#accountOf(payer),
    });
  }

  #shareOf(tab: RoomTab): Share | undefined {
    if (this.#rates === undefined) return undefined;
    const share = this.#shares.get(tab) ?? this.#rates.open();
    this.#shares.set(tab, share);
    return share;
  }

  #accountOf(payer: string): Account | undefined {
    const counts = this.#counts;
    const { dailyQuotaBytes } = this.#options;
    if (counts === undefined) return undefined;
    return {
      get left() {
        return dailyQuotaBytes - counts.used(payer);
      },
      spend: (bytes) => counts.add(payer, bytes),
    };
  }
}

/**
 * Who a sender's bytes are charged to: the one whose token it showed, else its source. A name that looks like an address
 * is another payer than the address.
 */
export function payerOf(sender: string | undefined, source: string | undefined): string {
  return sender === undefined ? `source ${source ?? ''}` : `sender ${sender}`;
}

/** A turn that is due must not keep a process alive: the sockets that wait for it do. */
function setTimer(callback: () => void, ms: number): () => void {
  if (ms === 0) {
    const next = setImmediate(callback);
    return () => clearImmediate(next);
  }
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
