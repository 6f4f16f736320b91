/**
 * Runs what a signal ends, for so long at most.
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
  signal?.addEventListener('abort', onAbort);
  const timer = setTimeout(() => controller.abort(late()), Math.max(0, ms));
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
