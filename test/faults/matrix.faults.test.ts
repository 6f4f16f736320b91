import { describe, it } from 'vitest';
import { allCases } from './cases.js';
import { expectAllToHold } from './matrix.js';
import { SEED } from './seed.js';

describe(`every fault at every stage of each side (SEED=${SEED})`, () => {
  const cases = allCases(SEED);
  it.each(['plain', 'raw', 'status', 'retry', 'fan-out', 'bulk', 'tls'] as const)('%s', async (mode) => {
    const some = cases.filter((each) => each.mode === mode);
    await expectAllToHold(some, { atOnce: mode === 'bulk' ? 12 : 60, deadlineMs: 6_000 });
    console.log(`${mode}: ${some.length} cases hold`);
  });
});
