import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { certificateFiles } from '../helpers/tls.js';
import { playAll } from './batch.js';
import { allCases, type Case } from './cases.js';
import { LIMITS_OFF } from './limits-off.js';
import { ProbedRelay, type Sample } from './probed-relay.js';

export interface SoakOptions {
  readonly forMs: number;
  /** How long faults go on between two looks. */
  readonly roundMs: number;
  /** Cases at once. */
  readonly atOnce: number;
  /** Rooms that wait all the while; a tenth of them is lost and replaced in each round. */
  readonly crowd: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface SoakResult {
  readonly problems: readonly string[];
  readonly cases: number;
  /** In calm, by relay: the first one after a round of warming up. */
  readonly samples: Readonly<Record<'patient' | 'hasty', readonly Sample[]>>;
}

// The deadlines are long for a machine that has much else to do: what is tried here is what is left.
const { cert, key } = certificateFiles();
const OVER_TLS = ['--tls-cert', cert, '--tls-key', key];
const COMMON = [...LIMITS_OFF, ...OVER_TLS, '--cleanup-interval', '200ms', '--retry-window', '40s'];
const PATIENT = [...COMMON, '--handshake-timeout', '1h', '--abandon-after', '24h', '--idle-timeout', '1h'];
const DEADLINES = ['--handshake-timeout', '--abandon-after', '--idle-timeout', '--stall-timeout'];

const HASTY = [...COMMON, ...DEADLINES.flatMap((flag) => [flag, '30s'])];

/**
 * What V8's optimizing compilers keep of their work grows by more a round than a leak of several connections would: heap snapshots
 * of a soak with them differed in code, and in no object of the relay.
 */
const NODE_ARGS = ['--no-opt', '--no-maglev'];

/** Faults over and over, against two relays that live through all of it, with a look into both whenever it is calm. */
export async function soak({ forMs, roundMs, atOnce, crowd, seed, print }: SoakOptions): Promise<SoakResult> {
  await using patient = await ProbedRelay.start(PATIENT, NODE_ARGS);
  await using hasty = await ProbedRelay.start(HASTY, NODE_ARGS);
  const relays = { patient, hasty };
  const samples: { patient: Sample[]; hasty: Sample[] } = { patient: [], hasty: [] };
  const problems: string[] = [];
  const waiting = await Promise.all(Array.from({ length: crowd }, (_, index) => waiter(patient, 0, index)));
  const endless = casesFrom(seed);
  const until = performance.now() + forMs;
  let count = 0;
  print(head());
  try {
    for (let round = 0; performance.now() < until || samples.patient.length < 2; round += 1) {
      const roundUntil = performance.now() + roundMs;
      const some = takeUntil(endless, () => performance.now() > roundUntil);
      const lost = waiting.splice(0, Math.ceil(crowd / 10));
      for (const client of lost) client.reset();
      const played = playAll(some.cases, { patient: patient.port, hasty: hasty.port }, atOnce);
      waiting.push(...(await Promise.all(lost.map((_, index) => waiter(patient, round + 1, index)))));
      for (const problem of await played) {
        problems.push(problem);
        print(problem);
      }
      count += some.count();
      for (const [name, relay] of Object.entries(relays) as ['patient' | 'hasty', ProbedRelay][]) {
        await untilCalm(relay, name === 'patient' ? crowd : 0);
        const sample = await relay.look();
        // The first is still warming up: code is compiled, tables grow to their size.
        if (round > 0) samples[name].push(sample);
        print(lineOf(round, name, count, problems.length, sample));
      }
    }
  } finally {
    for (const client of waiting) client.reset();
  }
  return { problems, cases: count, samples };
}

async function waiter(relay: ProbedRelay, round: number, index: number): Promise<Client> {
  const client = await Client.connect(relay.port, {
    line: `crowd-${round}-${index}:receiver:wait:status\n`,
    localAddress: `127.2.${1 + (index % 50)}.1`,
  });
  await client.untilText('WAITING');
  return client;
}

async function untilCalm(relay: ProbedRelay, crowd: number): Promise<void> {
  await eventually(async () => {
    const { connections, rooms } = await relay.status();
    const left = connections - crowd + rooms.waiting - crowd + rooms.paired + rooms.held;
    if (left !== 0) throw new Error(`not calm: ${connections} connections, ${JSON.stringify(rooms)}`);
  }, 300_000);
}

function* casesFrom(seed: number): Generator<Case> {
  for (let next = seed; ; next += 1) yield* allCases(next);
}

function takeUntil(
  cases: Generator<Case>,
  isOver: () => boolean,
): { readonly cases: Iterable<Case>; readonly count: () => number } {
  let count = 0;
  function* some(): Generator<Case> {
    while (!isOver()) {
      const next = cases.next();
      if (next.done === true) return;
      count += 1;
      yield next.value;
    }
  }
  return { cases: some(), count: () => count };
}

const head = (): string =>
  'round  relay    cases  problems  heap MiB  buffers MiB  RSS MiB  open files  sockets  timers  listeners  emitters';

function lineOf(round: number, name: string, cases: number, problems: number, sample: Sample): string {
  const mib = (bytes: number, width: number): string => (bytes / 2 ** 20).toFixed(2).padStart(width);
  const { heapUsed, arrayBuffers, rss, openFiles, sockets, timers, listeners, emitters } = sample;
  return [
    ...[String(round).padStart(5), name.padEnd(7), String(cases).padStart(6), String(problems).padStart(8)],
    ...[mib(heapUsed, 8), mib(arrayBuffers, 11), mib(rss, 7), String(openFiles).padStart(10)],
    ...[String(sockets).padStart(7), String(timers).padStart(6), String(listeners).padStart(9)],
    String(emitters).padStart(8),
  ].join('  ');
}
