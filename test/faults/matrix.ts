import { expect } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { watchLeftovers } from '../helpers/leftovers.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';
import { CERTIFICATE } from '../helpers/tls.js';
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
    const own = {
      ...{ lockoutAttempts: 0, lockoutSourceAttempts: 0 },
      ...(cases.some(({ mode }) => mode === 'tls') && { tls: CERTIFICATE }),
    };
    await using patient = await startRelay({
      ...{ ...own, handshakeTimeoutMs: HOUR_MS, abandonAfterMs: HOUR_MS, idleTimeoutMs: HOUR_MS },
      retryWindowMs: HOUR_MS,
    });
    await using hasty = await startRelay({
      ...{ ...own, cleanupIntervalMs: 50, handshakeTimeoutMs: deadlineMs, abandonAfterMs: deadlineMs },
      ...{ idleTimeoutMs: deadlineMs, stallTimeoutMs: deadlineMs },
      // A busy machine may take long until both of a case have come back; where one does not, the other waits so long.
      retryWindowMs: 5 * deadlineMs,
    });
    const taken = (source: string, role: string): number | undefined =>
      hasty.records.find((each) => each.source === source && each.role === role && each.ending === 'lost')
        ?.bytesIn;
    expect(await playAll(cases, { patient: patient.port, hasty: hasty.port, taken }, atOnce)).toEqual([]);
    const isTime = ({ fault }: Case): boolean => fault.effect === 'time';
    const retried = cases.filter(({ mode }) => mode === 'retry');
    const held = await heldIn(patient);
    expect(held).toBe(retried.filter(isTime).length);
    // Some of these may be over by now.
    expect(await heldIn(hasty)).toBeLessThanOrEqual(retried.length - held);
  }
  await leftovers.expectNone();
}

/** Waits until nobody is connected; how many rooms are left, whose people may come back. */
async function heldIn({ relay, open, faults }: TestRelay): Promise<number> {
  const held = await eventually(() => {
    const { waiting, paired, held } = relay.rooms;
    expect({ waiting, paired, open: open() }).toEqual({ waiting: 0, paired: 0, open: 0 });
    return held;
  });
  expect(faults).toEqual([]);
  return held;
}
