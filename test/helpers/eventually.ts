/** How long a test waits for what does not come. Only a test that fails comes to it: a slow machine must not. */
export const PATIENCE_MS = 120_000;

/** Tries until it does not throw. For what has no event to wait for; the last error is the test's. */
export async function eventually<Result>(
  attempt: () => Result | Promise<Result>,
  patienceMs = PATIENCE_MS,
): Promise<Result> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
