import { expect } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { watchLeftovers } from '../helpers/leftovers.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';
import { playAll } from './batch.js';
import type { Case } from './cases.js';

const HOUR_MS = 3_600_000;

export interface MatrixOptions {
  readonly atOnce: number;
  /** The deadlines that a silence runs into. */
  readonly deadlineMs: number;
}

/** Plays the cases in this process against relays in it, and looks at what is left when all are over. */
export async function expectAllToHold(
  cases: readonly Case[],
  { atOnce, deadlineMs }: MatrixOptions,
): Promise<void> {
  using leftovers = watchLeftovers();
  {
    // A busy machine may take long until both of a case have come back.
    const own = { lockoutAttempts: 0, lockoutSourceAttempts: 0, retryWindowMs: HOUR_MS };
    await using patient = await startRelay({
      ...{ ...own, handshakeTimeoutMs: HOUR_MS, abandonAfterMs: HOUR_MS, idleTimeoutMs: HOUR_MS },
    });
    await using hasty = await startRelay({
      ...{ ...own, cleanupIntervalMs: 50, handshakeTimeoutMs: deadlineMs, abandonAfterMs: deadlineMs },
      ...{ idleTimeoutMs: deadlineMs, stallTimeoutMs: deadlineMs },
    });
    expect(await playAll(cases, { patient: patient.port, hasty: hasty.port }, atOnce)).toEqual([]);
    const isHeld = ({ mode }: Case): boolean => mode === 'retry';
    const isTime = ({ fault }: Case): boolean => fault.effect === 'time';
    await expectHeld(patient, cases.filter((each) => isHeld(each) && isTime(each)).length);
    await expectHeld(hasty, cases.filter((each) => isHeld(each) && !isTime(each)).length);
  }
  await leftovers.expectNone();
}

/** Nobody is connected, and only those rooms are left whose people may come back. */
async function expectHeld({ relay, open, faults }: TestRelay, held: number): Promise<void> {
  await eventually(() => {
    expect({ ...relay.rooms, open: open() }).toEqual({ waiting: 0, paired: 0, held, open: 0 });
  });
  expect(faults).toEqual([]);
}
