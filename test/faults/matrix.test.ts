import { it } from 'vitest';
import { allCases, type Case } from './cases.js';
import { expectAllToHold } from './matrix.js';

/** One of so many: npm run test:faults plays all of them. */
const EVERY = 12;

/** Nobody in it has to wait until a deadline of the relay is over. */
const isQuick = ({ fault, stage }: Case): boolean =>
  fault.effect === 'time' || (fault.effect !== 'silence' && (stage === 'paired' || stage === 'ending'));

it.each([false, true])('a part of the matrix of faults holds, over TLS: %s', async (isTls) => {
  const some = allCases(1).filter(
    (each, index) => index % EVERY === 0 && isQuick(each) && (each.mode === 'tls') === isTls,
  );
  await expectAllToHold(some, { atOnce: 30, deadlineMs: 600_000 });
});
