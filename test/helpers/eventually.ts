/** Tries until it does not throw. For what has no event to wait for; the last error is the test's. */
export async function eventually<Result>(
  attempt: () => Result | Promise<Result>,
  patienceMs = 10_000,
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
