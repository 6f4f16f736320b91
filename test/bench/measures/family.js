/* A process under test that forks for each connection: what its children do is its own doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { children, peakResidentBytes } from '../proc.js';

const LOOK_EVERY_MS = 50;
const CHILDREN_END_MS = 2000;

/** Waits until the process has no children: their CPU time is in its account when they have ended. */
export async function untilAlone(pid) {
  const deadline = performance.now() + CHILDREN_END_MS;
  while (children(pid).length > 0 && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
}

function peakOf(child) {
  try {
    return peakResidentBytes(child) ?? 0;
  } catch {
    return 0; // It has just ended.
  }
}

/** Looks from time to time while `work` goes on; the peak of the process, with the largest sum of its children's. */
export async function watchPeak(pid, work) {
  let ofChildren = 0;
  const timer = setInterval(() => {
    const sum = children(pid).reduce((bytes, child) => bytes + peakOf(child), 0);
    ofChildren = Math.max(ofChildren, sum);
  }, LOOK_EVERY_MS);
  try {
    const result = await work;
    const own = peakResidentBytes(pid);
    return { result, peakBytes: own === undefined ? undefined : own + ofChildren };
  } finally {
    clearInterval(timer);
  }
}
