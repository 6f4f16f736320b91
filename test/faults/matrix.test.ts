import { it } from 'vitest';
import { allCases, type Case } from './cases.js';
import { expectAllToHold } from './matrix.js';

/** One of so many: npm run test:faults plays all of them. */
const EVERY = 12;

/** Nobody in it has to wait until a deadline of the relay is over. */
const isQuick = ({ fault, stage }: Case): boolean =>
  fault.effect === 'time' || (fault.effect !== 'silence' && (stage === 'paired' || stage === 'ending'));

it('a part of the matrix of faults holds', { timeout: 120_000 }, async () => {
  const some = allCases(1).filter((each, index) => index % EVERY === 0 && isQuick(each));
  await expectAllToHold(some, { atOnce: 30, deadlineMs: 600_000 });
});
