import { setTimeout as sleep } from 'node:timers/promises';

const LAST_WORDS_MS = 300;

/**
 * Runs the subjects in turn, and each round from another one on: what else the machine does hits all alike, and
 * nobody always comes behind the same neighbour. The first `warmUps` rounds are dropped.
 * @param {(subject: import('../subjects/index.js').Subject, round: number) => Promise<object>} runOnce
 */
export async function inTurns(subjects, { runs, warmUps }, runOnce) {
  const results = subjects.map(({ name, control }) => ({ name, control, runs: [] }));
  for (let round = 0; round < warmUps + runs; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (round + turn) % subjects.length;
      const figures = await runOnce(subjects[index], round).catch((error) => {
        throw new Error(`${subjects[index].name}, round ${round}: ${error.message}`);
      });
      if (round >= warmUps) results[index].runs.push(figures);
    }
  }
  return results;
}

/** `value / count`, and undefined for what could not be measured. */
export const each = (value, count) => (value === undefined ? undefined : value / count);

/** `after - before`, likewise. */
export const growth = (before, after) => (after === undefined ? undefined : after - before);

/**
 * Work that processes are put to. Where it fails, what one of them has to say of its end comes first: the others
 * see a crash as a reset, and often sooner.
 * @param {{ failure?: Promise<void> }[]} processes
 */
export async function put(processes, work) {
  try {
    return await work;
  } catch (error) {
    const failures = processes.map(({ failure }) => failure).filter((failure) => failure !== undefined);
    await Promise.race([...failures, sleep(LAST_WORDS_MS)]);
    throw error;
  }
}
