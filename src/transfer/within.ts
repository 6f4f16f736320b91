import { Cancellation, type Signal } from './cancellation.js';
import type { Platform } from './platform.js';

/** Resolves after so many milliseconds. @throws the signal's reason */
export async function sleep(ms: number, signal: Signal, platform: Platform): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const onAbort = (): void => {
      cancel();
      resolve();
    };
    const cancel = platform.startTimer(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort);
  });
  signal.throwIfAborted();
}

/**
 * Runs what a signal ends, for so long at most.
 * @param ms `Infinity`: without such a limit
 * @param late what it ends with when the time is over
 * @throws what `run` throws: as a rule the reason of the signal that it is given
 */
export async function within<Result>(
  ms: number,
  late: () => Error,
  signal: Signal | undefined,
  platform: Platform,
  run: (inTime: Signal) => Promise<Result>,
): Promise<Result> {
  const inTime = new Cancellation(signal);
  const cancel =
    ms === Infinity ? undefined : platform.startTimer(Math.max(0, ms), () => inTime.abort(late()));
  try {
    return await run(inTime);
  } finally {
    cancel?.();
    inTime.release();
  }
}

/** Waits for something, so long at most. @param settles which never rejects */
export async function atMost(ms: number, settles: Promise<void>, platform: Platform): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = platform.startTimer(ms, resolve);
    void settles.then(() => {
      cancel();
      resolve();
    });
  });
}
