import { cpuSeconds, peakResidentBytes } from '../proc.js';
import { startLoad } from '../processes.js';
import { each, growth, inTurns, put } from './rounds.js';

const SENDER = new URL('../load/sender.js', import.meta.url);
const RECEIVER = new URL('../load/receiver.js', import.meta.url);

const FIGURES = [
  { key: 'gbPerSecond', label: 'GB/s', digits: 2 },
  { key: 'cpuSecondsPerGb', label: 'CPU s/GB', digits: 3 },
  { key: 'loadCpuSecondsPerGb', label: 'load s/GB', digits: 3 },
  { key: 'peakMiB', label: 'peak MiB', digits: 0 },
];

/** A transfer slower than this has stalled. */
const SLOWEST_BYTES_PER_SECOND = 20e6;

async function transfer(subject, { port, pid }, { sender, receiver }, { size, code }) {
  const order = { subject: subject.name, port, size, code };
  const before = cpuSeconds(pid);
  if (subject.forwards) await sender.call('expect', order);
  await receiver.call('join', order);
  if (!subject.forwards) await sender.call('join', order);

  const timeoutMs = 1000 * Math.ceil(10 + size / SLOWEST_BYTES_PER_SECOND);
  const [received, sent] = await Promise.all(
    [receiver, sender].map((side) => side.call('finish', {}, timeoutMs)),
  );
  const gigabytes = size / 1e9;
  return {
    gbPerSecond: gigabytes / received.seconds,
    cpuSecondsPerGb: each(growth(before, cpuSeconds(pid)), gigabytes),
    loadCpuSecondsPerGb: (received.cpuSeconds + sent.cpuSeconds) / gigabytes,
    peakMiB: each(peakResidentBytes(pid), 2 ** 20),
  };
}

/** One pair at a time, one direction. Every process lives through all runs, as a relay does. */
export async function measureThroughput(subjects, { runs, size }) {
  const load = { sender: startLoad(SENDER), receiver: startLoad(RECEIVER) };
  const running = new Map();
  try {
    const target = await load.sender.call('listen');
    for (const subject of subjects) running.set(subject, await subject.start(target));
    const results = await inTurns(subjects, { runs, warmUps: 1 }, (subject, round) => {
      const server = running.get(subject);
      const work = transfer(subject, server, load, { size, code: `transfer-${round}` });
      return put([server, load.sender, load.receiver], work);
    });
    const title = `Throughput of one pair, ${(size / 2 ** 30).toFixed(2)} GiB a run, ${runs} runs`;
    return { name: 'throughput', title, figures: FIGURES, subjects: results };
  } finally {
    await Promise.all([load.sender, load.receiver, ...running.values()].map((process) => process.stop()));
  }
}
