import { setTimeout } from 'node:timers/promises';
import { errnoOf } from './errors.js';

const TRIES = 1000;
const PAUSE_MS = 10;

/** Whether a process, or the system, has as many files open as it may. */
export function isOutOfFiles(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EMFILE' || errno === 'ENFILE';
}

/** Opens a file as soon as it may: others are closed meanwhile, as a rule by this program itself. */
export async function openPatiently<T>(open: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfFiles(error) || left === 0) throw error;
    }
    await setTimeout(PAUSE_MS);
  }
}
