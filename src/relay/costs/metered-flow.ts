import type { Writable } from 'node:stream';
import type { Inlet } from '../wire/inlet.js';
import type { Taker } from './fair-rates.js';
import type { CostLimit, Meter } from './meter.js';

export interface MeteredFlowOptions {
  readonly from: Inlet;
  readonly to: Writable;
  readonly meter: Meter;
  /** How often each byte is passed on: once for each receiver. */
  readonly copies: () => number;
  /** So many bytes of the inlet were passed on. */
  readonly onPassed: (bytes: number) => void;
}

/**
 * Passes on what an inlet reads, as fast and as far as a meter lets it. What it has not passed on stays in the inlet: no
 * byte is in between, so that a pairing can be ended at any moment.
 */
export class MeteredFlow implements Taker {
  readonly #options: MeteredFlowOptions;
  #onTaken: () => void = () => undefined;

  constructor(options: MeteredFlowOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all was passed on, or nothing can be any more; with the limit, where that is why. The last byte that a
   * limit allows ends nothing: the next one would.
   */
  async run(): Promise<CostLimit | undefined> {
    const { from, to, meter } = this.#options;
    from.once('close', () => {
      meter.leave(this);
      this.#onTaken();
    });
    while ((await from.hasMore()) && to.writable) {
      if (meter.left < this.#copies) return meter.limit;
      if (to.writableNeedDrain) await untilReady(to, from);
      else await this.#turn();
    }
    return undefined;
  }

  take(bytes: number): number {
    const { from, to, meter, onPassed } = this.#options;
    const copies = this.#copies;
    const most = Math.floor(Math.min(bytes, meter.left) / copies);
    const chunk = to.writable ? from.readUpTo(most) : undefined;
    const passed = (chunk?.length ?? 0) * copies;
    if (chunk !== undefined) {
      meter.spend(passed);
      onPassed(chunk.length);
      to.write(chunk);
    }
    this.#onTaken();
    return passed;
  }

  get #copies(): number {
    return Math.max(1, this.#options.copies());
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaken = resolve;
      this.#options.meter.wait(this);
    });
  }
}

/** Until `to` takes more, or it or `from` is closed. */
function untilReady(to: Writable, from: Inlet): Promise<void> {
  return new Promise((resolve) => {
    const ready = (): void => {
      to.off('drain', ready).off('close', ready);
      from.off('close', ready);
      resolve();
    };
    to.on('drain', ready).on('close', ready);
    from.on('close', ready);
  });
}
