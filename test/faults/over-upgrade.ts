import { expect } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { HAS_PROC, openFiles } from '../helpers/proc.js';
import { certificateFiles } from '../helpers/tls.js';
import { seeded } from '../helpers/toxics.js';
import { UpgradingRelay } from '../helpers/upgrading.js';
import type { Case } from './cases.js';
import { Gate } from './gate.js';
import { LIMITS_OFF } from './limits-off.js';
import type { Status } from './probed-relay.js';
import { play } from './story.js';

const PATIENCE_MS = 120_000;

const COMMON = [...LIMITS_OFF, '--admin-port', '0', '--shutdown-grace', '1h', '--cleanup-interval', '100ms'];
const DEADLINES = ['--handshake-timeout', '--abandon-after', '--idle-timeout', '--stall-timeout'];
const { cert, key } = certificateFiles();
const flagsOf = (isTls: boolean, deadline: string, retryWindow: string): string[] => [
  ...[...COMMON, '--retry-window', retryWindow],
  ...(isTls ? ['--tls-cert', cert, '--tls-key', key] : []),
  ...DEADLINES.flatMap((flag) => [flag, deadline]),
];

/** A relay in processes of its own, and what one of them holds when nobody is there. */
interface Watched {
  readonly relay: UpgradingRelay;
  readonly openFiles: number;
  /** How long an upgrade took. */
  readonly upgradeMs: number;
}

async function watch(relay: UpgradingRelay): Promise<Watched> {
  const startedAt = performance.now();
  await relay.upgrade();
  const upgradeMs = performance.now() - startedAt;
  await relay.untilGone(relay.pids[0]!, PATIENCE_MS);
  await untilCalm(relay);
  return { relay, upgradeMs, openFiles: filesOf(relay) };
}

const filesOf = ({ pid }: UpgradingRelay): number => (HAS_PROC ? openFiles(pid) : 0);

/**
 * Plays them all at once, with one upgrade for all of them when the lines are bad: half of the lines were bad before, the
 * others become so while it is under way. What was promised is what is promised without one, and the process before ends
 * when the pairings do that it has.
 */
export async function expectAllToHoldOverUpgrade(cases: readonly Case[]): Promise<void> {
  const isTls = cases.some(({ mode }) => mode === 'tls');
  await using patient = await UpgradingRelay.start(flagsOf(isTls, '1h', '1h'));
  await using hasty = await UpgradingRelay.start(flagsOf(isTls, '10s', '20s'));
  const watched = [await watch(patient), await watch(hasty)];
  const relays = [patient, hasty];
  const upgradeMs = Math.max(...watched.map((each) => each.upgradeMs));
  const upgraded = new Gate(cases, async () => {
    await Promise.all(relays.map((relay) => relay.upgrade()));
  });
  const calm = new Gate(cases, async () => {
    await Promise.all(relays.map((relay) => relay.untilGone(relay.pids.at(-2)!, PATIENCE_MS)));
    await Promise.all(relays.map(untilCalm));
  });
  const problems: string[] = [];
  await Promise.all(
    cases.map(async (each) => {
      const random = seeded(each.seed);
      const isBadBefore = random() < 0.5;
      const ports = { patient: patient.port, hasty: hasty.port };
      try {
        await play(each, ports, {
          async atFault(makeWorse) {
            if (isBadBefore) {
              makeWorse();
              return upgraded.come(each);
            }
            const done = upgraded.come(each);
            await upgraded.begun;
            await new Promise((resolve) => setTimeout(resolve, random() * 1.2 * upgradeMs));
            makeWorse();
            await done;
          },
          afterFault: () => calm.come(each),
        });
      } catch (error) {
        problems.push(`${each.name}, ${isBadBefore ? 'before' : 'during'}: ${(error as Error).message}`);
      } finally {
        for (const gate of [upgraded, calm]) void gate.come(each).catch(() => undefined);
      }
    }),
  );
  expect(problems).toEqual([]);
  const timely = cases.filter(({ mode, fault }) => mode === 'retry' && fault.effect === 'time');
  expect(await untilCalm(patient)).toBe(timely.length);
  await untilCalm(hasty);
  for (const { relay, openFiles: before } of watched) {
    await eventually(() => expect(filesOf(relay)).toBeLessThanOrEqual(before));
    expect(relay.stderr).toBe('');
    expect(relay.lines.filter(({ msg }) => msg === 'fault')).toEqual([]);
  }
}

/** Waits until nobody is connected; how many rooms are held. */
async function untilCalm(relay: UpgradingRelay): Promise<number> {
  return await eventually(async () => {
    const port = relay.lines.findLast(({ msg }) => msg === 'admin listening')?.['port'] as number;
    const response = await fetch(`http://127.0.0.1:${port}/status`, { headers: { connection: 'close' } });
    const { connections, rooms } = (await response.json()) as Status;
    const { waiting, paired } = rooms;
    expect({ connections, waiting, paired }).toEqual({ connections: 0, waiting: 0, paired: 0 });
    return rooms.held;
  }, PATIENCE_MS);
}
