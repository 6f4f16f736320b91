import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, openFiles } from '../proc.js';

const QUIET_MS = 200;
const SETTLE_TIMEOUT_MS = 15_000;
/** Files that a process may open or close for itself meanwhile. */
const SLACK = 4;

/**
 * Waits until a process has used no CPU time for a while, and has about `files` open, where it is told how many: it
 * has taken in what came.
 */
export async function settle(pid, files) {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (let used = -1; performance.now() < deadline; await sleep(QUIET_MS)) {
    const now = cpuSeconds(pid);
    if (now === used && (files === undefined || Math.abs(openFiles(pid) - files) <= SLACK)) return;
    used = now;
  }
  const state = files === undefined ? 'not quiet' : `${openFiles(pid)} open files, not ${files},`;
  throw new Error(`${state} after ${SETTLE_TIMEOUT_MS / 1000} s`);
}
