import { describe, it } from 'vitest';
import { allCases } from './cases.js';
import { expectAllToHoldOverUpgrade } from './over-upgrade.js';
import { SEED } from './seed.js';

/** One of so many: the others are for another seed. */
const EVERY = 2;

describe(`an upgrade, with every second fault at every stage of each side (SEED=${SEED})`, () => {
  const cases = allCases(SEED).filter((_, index) => index % EVERY === 0);
  // As many as fit into one upgrade.
  it.each([{ modes: ['plain', 'raw', 'status'] }, { modes: ['retry', 'fan-out'] }])(
    '$modes',
    async ({ modes }) => {
      const some = cases.filter(({ mode }) => modes.some((each) => each === mode));
      await expectAllToHoldOverUpgrade(some);
      console.log(`an upgrade, ${modes.join(', ')}: ${some.length} cases hold`);
    },
  );
});
