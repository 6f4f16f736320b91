import { describe, it } from 'vitest';
import { allCases } from './cases.js';
import { expectAllToHold } from './matrix.js';
import { SEED } from './seed.js';

describe(`every fault at every stage of each side (SEED=${SEED})`, () => {
  const cases = allCases(SEED);
  it.each(['plain', 'raw', 'status', 'retry', 'fan-out', 'bulk', 'tls'] as const)('%s', async (mode) => {
    const some = cases.filter((each) => each.mode === mode);
    // Much to move: a deadline is to end a silence, and not one who waits for this process.
    const pace = mode === 'bulk' ? { atOnce: 12, deadlineMs: 15_000 } : { atOnce: 60, deadlineMs: 6_000 };
    await expectAllToHold(some, pace);
    console.log(`${mode}: ${some.length} cases hold`);
  });
});
