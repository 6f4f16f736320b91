import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, hasProc, openFiles, openFilesLimit, residentBytes } from '../proc.js';
import { startLoad } from '../processes.js';
import { inTurns, put } from './rounds.js';

const LOAD = new URL('../load/waiters.js', import.meta.url);

const FIGURES = [
  { key: 'kilobytesEach', label: 'kB each', digits: 2 },
  { key: 'residentMiB', label: 'RSS MiB', digits: 0 },
];

/** Share of the open-files limit that is used: a relay keeps some for itself. */
const SHARE_OF_LIMIT = 0.75;
const OPEN_TIMEOUT_MS = 60_000;
const QUIET_MS = 200;
const SETTLE_TIMEOUT_MS = 15_000;
/** Files that a process may open or close for itself meanwhile. */
const SLACK = 4;

/** Waits until the process has about `files` open and has used no CPU time for a while: it has taken in what came. */
async function settle(pid, files) {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (let used = -1; performance.now() < deadline; await sleep(QUIET_MS)) {
    const now = cpuSeconds(pid);
    if (now === used && Math.abs(openFiles(pid) - files) <= SLACK) return;
    used = now;
  }
  throw new Error(`${openFiles(pid)} open files, not ${files}, after ${SETTLE_TIMEOUT_MS / 1000} s`);
}

async function hold(subject, { port, pid }, load, { count, round }) {
  const order = { subject: subject.name, port };
  const own = openFiles(pid);
  // The first connections cost what every process pays once (code compiled, heaps grown): not counted.
  const first = Math.ceil(count / 10);
  await load.call('open', { ...order, prefix: `first-${round}`, count: first }, OPEN_TIMEOUT_MS);
  await settle(pid, own + first);
  await load.call('close');
  await settle(pid, own);

  const before = residentBytes(pid);
  await load.call('open', { ...order, prefix: `wait-${round}`, count }, OPEN_TIMEOUT_MS);
  await settle(pid, own + count);
  const after = residentBytes(pid);
  await load.call('check');
  return { kilobytesEach: (after - before) / count / 1000, residentMiB: after / 2 ** 20, connections: count };
}

async function holdAfresh(subject, options) {
  const running = await subject.start(0);
  const load = startLoad(LOAD);
  try {
    return await put([running, load], hold(subject, running, load, options));
  } finally {
    await Promise.all([load, running].map((process) => process.stop()));
  }
}

/** Memory of waiting connections. A process that held some before grows less, so every run has a fresh one. */
export async function measureWaiting(subjects, { runs, connections }) {
  if (!hasProc()) return undefined;
  // Node raises the limit of every process of the bench alike, so this one's is that of all.
  const count = Math.min(connections, Math.floor(openFilesLimit(process.pid) * SHARE_OF_LIMIT));
  const results = await inTurns(subjects, { runs, warmUps: 0 }, (subject, round) =>
    holdAfresh(subject, { count, round }),
  );
  const capped = count < connections ? ' (capped by the open-files limit)' : '';
  const title = `Memory of ${count} waiting senders${capped}, ${runs} runs`;
  return { name: 'waiting', title, figures: FIGURES, subjects: results };
}
