/** Over how long the rate is taken: long enough to be calm, short enough to show a change. */
const WINDOW_MS = 5_000;
const MIN_STEP_MS = 200;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** How fast bytes go over, from how many had gone over when. */
export class Rate {
  readonly #samples: Sample[] = [];

  /** @param nowMs of a clock that never goes back. */
  add(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    // Fewer than before: the transfer started again.
    if (last !== undefined && bytes < last.bytes) this.#samples.length = 0;
    else if (last !== undefined && nowMs - last.atMs < MIN_STEP_MS) return;
    this.#samples.push({ atMs: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= WINDOW_MS)
      this.#samples.shift();
  }

  /** Forgets what was before: the time in which the line was cut is no measure of it. */
  restart(): void {
    this.#samples.length = 0;
  }

  /** Undefined as long as there is nothing to tell it from. */
  bytesPerSecond(bytes: number, nowMs: number): number | undefined {
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < MIN_STEP_MS) return undefined;
    return ((bytes - first.bytes) * 1_000) / (nowMs - first.atMs);
  }
}
