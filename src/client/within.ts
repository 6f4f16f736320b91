import type { Platform } from '../transfer/platform.js';

/** Resolves after so many milliseconds. @throws the signal's reason */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
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
  signal: AbortSignal | undefined,
  run: (inTime: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  const timer = ms === Infinity ? undefined : setTimeout(() => controller.abort(late()), Math.max(0, ms));
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Waits for something, so long at most. @param settles which never rejects */
export async function atMost(
  ms: number,
  settles: Promise<void>,
  platform: Pick<Platform, 'startTimer'>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = platform.startTimer(ms, resolve);
    void settles.then(() => {
      cancel();
      resolve();
    });
  });
}
