import { describe, it } from 'vitest';
import { allCases, type Mode, type Stage } from './cases.js';
import { expectAllToHoldOverUpgrade } from './over-upgrade.js';
import { SEED } from './seed.js';

/** One of so many: the others are for another seed. */
const EVERY = 2;

/** Who waits over TLS cannot be moved, and is told so: nothing of that is as it is without an upgrade. */
const isPlayed = (mode: Mode, stage: Stage): boolean =>
  mode !== 'tls' || stage === 'paired' || stage === 'ending';

describe(`an upgrade, with every second fault at every stage of each side (SEED=${SEED})`, () => {
  const cases = allCases(SEED).filter((_, index) => index % EVERY === 0);
  // As many as fit into one upgrade.
  it.each<{ modes: readonly Mode[] }>([
    { modes: ['plain', 'raw', 'status'] },
    { modes: ['retry', 'fan-out', 'tls'] },
  ])('$modes', async ({ modes }) => {
    const some = cases.filter(({ mode, stage }) => modes.includes(mode) && isPlayed(mode, stage));
    await expectAllToHoldOverUpgrade(some);
    console.log(`an upgrade, ${modes.join(', ')}: ${some.length} cases hold`);
  });
});
