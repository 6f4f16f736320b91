import { cpuSeconds, hasProc, peakResidentBytes, residentBytes } from '../proc.js';
import { startCrowd } from './crowd.js';
import { each, growth, inTurns, put } from './rounds.js';
import { settle } from './settle.js';

const FLOW_FIGURES = [
  { key: 'gbPerSecond', label: 'GB/s in all', digits: 2 },
  { key: 'slowestShare', label: 'slowest', digits: 2 },
  { key: 'cpuSecondsPerGb', label: 'CPU s/GB', digits: 3 },
  { key: 'loadCpuSecondsPerGb', label: 'load s/GB', digits: 3 },
  { key: 'peakMiB', label: 'peak MiB', digits: 0 },
];
const MEMORY_FIGURES = [
  { key: 'idleKilobytes', label: 'kB, idle', digits: 1 },
  { key: 'stalledKilobytes', label: 'kB, stalled', digits: 1 },
];

/** Every pair needs many turns, or its share is chance: a second for each hundred at least. */
const PAIRS_PER_SECOND = 100;

/** Stalled pairs fill the kernel's buffers, megabytes each: so many are enough to see what one costs the relay. */
const MOST_STALLED = 100;

/** All pairs send at once for a while. */
async function flow(subject, server, crowd, { count, seconds }) {
  await crowd.open(subject, server, { count });
  if (!(await crowd.flow(count))) {
    // That is a result too: the slowest pair got nothing.
    await crowd.close();
    return { slowestShare: 0 };
  }
  const before = cpuSeconds(server.pid);
  const counted = await crowd.count(seconds);
  const cpu = growth(before, cpuSeconds(server.pid));
  const peak = peakResidentBytes(server.pid);
  await crowd.close();
  return {
    gbPerSecond: counted.sum / 1e9 / counted.seconds,
    slowestShare: counted.least / (counted.sum / count),
    cpuSecondsPerGb: each(cpu, counted.sum / 1e9),
    loadCpuSecondsPerGb: counted.cpuSeconds / (counted.sum / 1e9),
    peakMiB: each(peak, 2 ** 20),
  };
}

/** Growth of the process's memory for each of so many pairs which are idle, or sent to until everything is full. */
async function memory(subject, server, crowd, { count, stalled }) {
  const { pid } = server;
  const open = async (number) => {
    await crowd.open(subject, server, { count: number, reads: !stalled });
    if (stalled) await crowd.fill();
    await settle(pid);
  };
  // The first connections cost what every process pays once (code compiled, heaps grown): not counted.
  await open(Math.ceil(count / 10));
  await crowd.close();
  await settle(pid);
  const before = residentBytes(pid);
  await open(count);
  const after = residentBytes(pid);
  await crowd.check();
  await crowd.close();
  return (after - before) / count / 1000;
}

/** Each run in a process of its own: memory that one had before is no growth in the next. */
async function afresh(subject, crowd, target, work) {
  const server = await subject.start(target);
  try {
    return await put([server, ...crowd.processes], work(server));
  } finally {
    await server.stop();
  }
}

/** Pairs side by side: what they pass together, and what each of them costs. */
export async function measureManyPairs(subjects, { runs, pairs, seconds }) {
  const crowd = startCrowd();
  try {
    const target = await crowd.listen();
    const results = [];
    const measure = async (title, figures, work) => {
      const measured = await inTurns(subjects, { runs, warmUps: 0 }, (subject) =>
        afresh(subject, crowd, target, (server) => work(subject, server)),
      );
      results.push({ name: 'many-pairs', title: `${title}, ${runs} runs`, figures, subjects: measured });
    };
    for (const count of pairs) {
      const length = Math.max(seconds, count / PAIRS_PER_SECOND);
      await measure(`${count} pairs at once, ${length} s`, FLOW_FIGURES, (subject, server) =>
        flow(subject, server, crowd, { count, seconds: length }),
      );
    }
    if (!hasProc()) return results;
    const idle = Math.max(...pairs);
    const stalled = Math.min(idle, MOST_STALLED);
    const title = `Memory of a pair, ${idle} idle or ${stalled} stalled`;
    await measure(title, MEMORY_FIGURES, async (subject, server) => {
      const idleKilobytes = await memory(subject, server, crowd, { count: idle, stalled: false });
      const stalledKilobytes = await afresh(subject, crowd, target, (fresh) =>
        memory(subject, fresh, crowd, { count: stalled, stalled: true }),
      );
      return { idleKilobytes, stalledKilobytes };
    });
    return results;
  } finally {
    await crowd.stop();
  }
}
