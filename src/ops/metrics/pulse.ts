import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long the figures look back, in milliseconds. */
const WINDOW_MS = 10_000;
const STEP_MS = 1_000;

/** How finely the event loop's delay is looked at, in milliseconds. */
const DELAY_STEP_MS = 20;

/** Figures that only rise. */
export type Counts = Readonly<Record<string, number>>;

export interface Pulse<Names extends Counts> {
  /** How much each figure rose a second, over the last ten seconds; less right after the start. */
  rates(): { readonly [Name in keyof Names]: number };
  /**
   * How late the event loop was, in milliseconds: 99 of 100 times it was less. Over the ten seconds at most that run, and the
   * ten before.
   */
  loopDelayP99Ms(): number;
  stop(): void;
}

interface Sample<Names> {
  readonly at: number;
  readonly counts: Names;
}

/** Watches figures and the event loop, at the cost of a timer, from now on. */
export function startPulse<Names extends Counts>(
  read: () => Names,
  now: () => number = () => performance.now(),
): Pulse<Names> {
  const samples: Sample<Names>[] = [{ at: now(), counts: read() }];
  const delay = monitorEventLoopDelay({ resolution: DELAY_STEP_MS });
  delay.enable();
  let delayBefore = 0;
  let steps = 0;
  // It measures from one look to the next, which are a step apart when nothing is late.
  const delayNow = (): number => Math.max(0, delay.percentile(99) / 1e6 - DELAY_STEP_MS);
  const timer = setInterval(() => {
    samples.push({ at: now(), counts: read() });
    if (samples.length > WINDOW_MS / STEP_MS) samples.shift();
    steps += 1;
    if (steps % (WINDOW_MS / STEP_MS) !== 0) return;
    delayBefore = delayNow();
    delay.reset();
  }, STEP_MS);
  timer.unref();
  return {
    rates() {
      const counts = read();
      const oldest = samples[0] ?? { at: now(), counts };
      const seconds = (now() - oldest.at) / 1000;
      const rate = (name: string): number => {
        const rise = (counts[name] ?? 0) - (oldest.counts[name] ?? 0);
        return seconds > 0 ? rise / seconds : 0;
      };
      return Object.fromEntries(Object.keys(counts).map((name) => [name, rate(name)])) as {
        [Name in keyof Names]: number;
      };
    },
    loopDelayP99Ms: () => Math.max(delayBefore, delayNow()),
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
