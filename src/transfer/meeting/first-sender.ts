import { TransferError } from '../transfer-error.js';
import type { Line } from '../line.js';
import type { Signal } from '../cancellation.js';
import type { Platform } from '../platform.js';
import { within } from '../within.js';

/** A receiver's wait for a sender that is not there yet, over as many rooms as it takes. */
export class FirstSender {
  readonly #untilMs: number | undefined;
  readonly #forMs: number;
  readonly #platform: Platform;
  #isAwaited: boolean;

  /** @param forMs undefined: one that is not there is not waited for */
  constructor(forMs: number | undefined, platform: Platform) {
    this.#platform = platform;
    this.#forMs = forMs ?? 0;
    this.#untilMs = forMs === undefined ? undefined : platform.now() + forMs;
    this.#isAwaited = forMs !== undefined;
  }

  /** It is waited for, and was not there so far. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /**
   * Joins a room, before the time is over.
   * @param join is told how many seconds are left where the relay says how many are left of its own
   * @throws what `join` throws; TransferError where nobody came in time
   */
  async before(
    signal: Signal,
    join: (signal: Signal, secondsLeftOf: (ofRelay: number) => number) => Promise<Line>,
  ): Promise<Line> {
    const untilMs = this.#untilMs;
    if (!this.#isAwaited || untilMs === undefined) return await join(signal, (ofRelay) => ofRelay);
    const leftMs = (): number => Math.max(0, untilMs - this.#platform.now());
    const secondsLeft = (ofRelay: number): number => Math.min(ofRelay, Math.ceil(leftMs() / 1_000));
    return await within(
      leftMs(),
      () => this.#nobodyCame(),
      signal,
      this.#platform,
      (inTime) => join(inTime, secondsLeft),
    );
  }

  /** It was there. Who comes before it may be anybody. */
  met(): void {
    this.#isAwaited = false;
  }

  #nobodyCame(): TransferError {
    const seconds = Math.round(this.#forMs / 1_000);
    const time = seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
    return new TransferError(
      'nobody-there',
      `No sender came in ${time}. Ask the sender to run relay-send with that code, or wait longer with --give-up-after.`,
    );
  }
}
