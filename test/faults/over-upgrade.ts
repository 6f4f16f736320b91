import { expect } from 'vitest';
import { Client } from '../helpers/client.js';
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

/** Two who are paired, and say something now and again. */
class Pair implements Disposable {
  readonly #clients: readonly Client[];
  readonly #talk: NodeJS.Timeout;

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
    this.#talk = setInterval(() => clients[0]?.write('.'), 1_000);
  }

  static async of(port: number): Promise<Pair> {
    const receiver = await Client.connect(port, { line: 'pair:receiver:wait:status\n' });
    const sender = await Client.connect(port, { line: 'pair:sender:status\n' });
    await Promise.all([sender, receiver].map((client) => client.untilText('PAIRED\n')));
    return new Pair([sender, receiver]);
  }

  end(): void {
    clearInterval(this.#talk);
    for (const client of this.#clients) client.end();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#talk);
    for (const client of this.#clients) client[Symbol.dispose]();
  }
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
 * others become so while it is under way. What was promised is what is promised without one. A pairing of its own keeps the
 * process before until all is over: so its rooms are free again by what it says, and not by its end.
 *
 * Who comes back on good lines to a room that is held finds one that is so for an hour, or a new one: what is left of a
 * short window would be as long as the slowest case leaves it.
 */
export async function expectAllToHoldOverUpgrade(cases: readonly Case[]): Promise<void> {
  const isTls = cases.some(({ mode }) => mode === 'tls');
  await using patient = await UpgradingRelay.start(flagsOf(isTls, '1h', '1h'));
  await using hasty = await UpgradingRelay.start(flagsOf(isTls, '10s', '20s'));
  const watched = [await watch(patient), await watch(hasty)];
  const relays = [patient, hasty];
  using patientPair = await Pair.of(patient.port);
  using hastyPair = await Pair.of(hasty.port);
  const upgradeMs = Math.max(...watched.map((each) => each.upgradeMs));
  const upgraded = new Gate(cases, async () => {
    await Promise.all(relays.map((relay) => relay.upgrade()));
  });
  let heldAtCalm: number | undefined;
  const calm = new Gate(cases, async () => {
    [heldAtCalm] = await Promise.all([untilCalm(patient, 1), untilNoneIsHeld(hasty, 1)]);
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
  expect(heldAtCalm).toBe(timely.length);
  for (const pair of [patientPair, hastyPair]) pair.end();
  await Promise.all(relays.map((relay) => relay.untilGone(relay.pids.at(-2)!, PATIENCE_MS)));
  expect(await untilCalm(patient)).toBe(timely.length);
  await untilCalm(hasty);
  for (const { relay, openFiles: before } of watched) {
    await eventually(() => expect(filesOf(relay)).toBeLessThanOrEqual(before));
    expect(relay.stderr).toBe('');
    expect(relay.lines.filter(({ msg }) => msg === 'fault')).toEqual([]);
  }
}

/** Waits until it is calm, and every window that was open, in whichever process it began, is over. */
async function untilNoneIsHeld(relay: UpgradingRelay, pairings: number): Promise<void> {
  await eventually(async () => expect(await untilCalm(relay, pairings)).toBe(0), PATIENCE_MS);
}

/** Waits until nobody is connected, and there are so many pairings, of the process before; how many rooms are held. */
async function untilCalm(relay: UpgradingRelay, pairings = 0): Promise<number> {
  return await eventually(async () => {
    const port = relay.lines.findLast(({ msg }) => msg === 'admin listening')?.['port'] as number;
    const response = await fetch(`http://127.0.0.1:${port}/status`, { headers: { connection: 'close' } });
    const { connections, rooms } = (await response.json()) as Status;
    const { waiting, paired } = rooms;
    expect({ connections, waiting, paired }).toEqual({ connections: 0, waiting: 0, paired: pairings });
    return rooms.held;
  }, PATIENCE_MS);
}
