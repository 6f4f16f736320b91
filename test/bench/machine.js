import os from 'node:os';

/** What the figures were measured on: without it they mean little. */
export function describeMachine() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
    kernel: `${os.type()} ${os.release()} ${os.arch()}`,
    // A load of more than a few tenths before the start: others are at work, and the figures are noisy.
    loadBefore: Number(os.loadavg()[0].toFixed(2)),
    startedAt: new Date().toISOString(),
  };
}
