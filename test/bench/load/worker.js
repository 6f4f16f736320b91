/** Does what the bench calls for, one handler an operation, until the bench is gone. */
export function work(handlers) {
  process.on('message', async ({ id, operation, args }) => {
    try {
      process.send({ id, result: await handlers[operation](args) });
    } catch (error) {
      process.send({ id, error: error.message });
    }
  });
  // However the bench ends, its load does not outlive it.
  process.once('disconnect', () => process.exit());
  // Ctrl-C reaches the whole group: the bench decides, so that its one line is not joined by ours.
  process.on('SIGINT', () => undefined);
}

/** CPU time of this process since `before`, in seconds. */
export function cpuSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
