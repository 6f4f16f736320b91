import { cpuSeconds } from '../proc.js';
import { startLoad } from '../processes.js';
import { each, growth, inTurns, put } from './rounds.js';

const LOAD = new URL('../load/pairs.js', import.meta.url);

const FIGURES = [
  { key: 'pairsPerSecond', label: 'pairs/s', digits: 0 },
  { key: 'cpuMicrosecondsPerPair', label: 'CPU us', digits: 0 },
  { key: 'loadCpuMicrosecondsPerPair', label: 'load us', digits: 0 },
];

/** How long the pairings that are still under way at the end may take. */
const TAIL_MS = 10_000;

async function storm(subject, { port, host, pid }, load, { concurrency, seconds, round }) {
  const before = cpuSeconds(pid);
  const order = { subject: subject.name, port, host, concurrency, seconds, prefix: `pair-${round}` };
  const { inTime, all, cpuSeconds: loadCpu } = await load.call('run', order, seconds * 1000 + TAIL_MS);
  return {
    pairsPerSecond: inTime / seconds,
    cpuMicrosecondsPerPair: each(growth(before, cpuSeconds(pid)), all / 1e6),
    loadCpuMicrosecondsPerPair: each(loadCpu, all / 1e6),
    pairs: all,
  };
}

/** Many short pairings at once. Both sides are one process: two would leave a small machine no core for the relay. */
export async function measurePairs(subjects, { runs, concurrency, seconds }) {
  const load = startLoad(LOAD);
  const running = new Map();
  try {
    const target = await load.call('listen');
    for (const subject of subjects) running.set(subject, await subject.start(target));
    const results = await inTurns(subjects, { runs, warmUps: 1 }, (subject, round) => {
      const server = running.get(subject);
      return put([server, load], storm(subject, server, load, { concurrency, seconds, round }));
    });
    const title = `Short pairings of 1 kB, ${concurrency} at once, ${seconds} s a run, ${runs} runs`;
    return { name: 'pairs', title, figures: FIGURES, subjects: results };
  } finally {
    await Promise.all([load, ...running.values()].map((process) => process.stop()));
  }
}
