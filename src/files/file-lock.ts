import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from './errors.js';

/** A lock this old is of a process that died. What is done under one takes milliseconds. */
const STALE_MS = 10_000;

const RETRY_MS = 20;

/**
 * Does something while no other process does it: whoever makes the file has the lock.
 *
 * A lock that was left behind is taken away. Two who take the same one away at the same moment may both get in; that needs
 * a crash within the milliseconds before.
 *
 * @param patienceMs how long to wait for the other
 * @throws where it is held for longer, and the system's error where no file can be made
 */
export async function withFileLock(
  path: string,
  patienceMs: number,
  work: () => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await made(path))) {
    await removeStale(path);
    if (performance.now() > deadline) throw new Error(`${path} is held by another process`);
    await delay(RETRY_MS);
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function made(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true });
  } catch (error) {
    // The other is done.
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
