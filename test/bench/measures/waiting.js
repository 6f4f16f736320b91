import { hasProc, openFiles, openFilesLimit, residentBytes } from '../proc.js';
import { inTurns, put } from './rounds.js';
import { settle } from './settle.js';
import { startWaiters } from './waiters.js';

const FIGURES = [
  { key: 'kilobytesEach', label: 'kB each', digits: 2 },
  { key: 'residentMiB', label: 'RSS MiB', digits: 0 },
];

/** Share of the open-files limit that is used: a relay keeps some for itself. */
const SHARE_OF_LIMIT = 0.95;

async function hold(subject, server, waiters, count) {
  const { pid } = server;
  const own = openFiles(pid);
  // The first connections cost what every process pays once (code compiled, heaps grown): not counted.
  const first = Math.ceil(count / 10);
  await waiters.open(subject, server, first);
  await settle(pid, own + first);
  await waiters.close();
  await settle(pid, own);

  const before = residentBytes(pid);
  await waiters.open(subject, server, count);
  await settle(pid, own + count);
  const after = residentBytes(pid);
  await waiters.check();
  return { kilobytesEach: (after - before) / count / 1000, residentMiB: after / 2 ** 20, connections: count };
}

async function holdAfresh(subject, count) {
  const server = await subject.start(0);
  const waiters = startWaiters(count);
  try {
    return await put([server, ...waiters.processes], hold(subject, server, waiters, count));
  } finally {
    await Promise.all([waiters, server].map((process) => process.stop()));
  }
}

/** Memory of waiting connections. A process that held some before grows less, so every run has a fresh one. */
export async function measureWaiting(subjects, { runs, connections }) {
  if (!hasProc()) return undefined;
  // Node raises the limit of every process of the bench alike, so this one's is that of all.
  const count = Math.min(connections, Math.floor(openFilesLimit(process.pid) * SHARE_OF_LIMIT));
  const results = await inTurns(subjects, { runs, warmUps: 0 }, (subject) => holdAfresh(subject, count));
  const capped = count < connections ? ' (capped by the open-files limit)' : '';
  const title = `Memory of ${count} waiting senders${capped}, ${runs} runs`;
  return { name: 'waiting', title, figures: FIGURES, subjects: results };
}
