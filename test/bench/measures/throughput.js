import { availableParallelism } from 'node:os';
import { cpuSeconds } from '../proc.js';
import { startLoad } from '../processes.js';
import { summarize } from '../statistics.js';
import { noRelay } from '../subjects/no-relay.js';
import { untilAlone, watchPeak } from './family.js';
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

/** What "no relay" should reach, over the fastest relay, for the load to be no limit. */
const HEADROOM = 1.2;

/** One transfer through a subject that runs already. */
export async function transfer(subject, server, { sender, receiver }, { size, code }) {
  const { port, host, pid } = server;
  const tickets = await server.invite?.();
  const order = { subject: subject.name, port, host, size, code, tickets };
  const before = cpuSeconds(pid);
  if (subject.forwards) await sender.call('expect', order);
  await receiver.call('join', order);
  if (!subject.forwards) await sender.call('join', order);

  const timeoutMs = 1000 * Math.ceil(10 + size / SLOWEST_BYTES_PER_SECOND);
  const [received, sent] = await Promise.all(
    [receiver, sender].map((side) => side.call('finish', {}, timeoutMs)),
  );
  if (pid !== undefined) await untilAlone(pid);
  const gigabytes = size / 1e9;
  return {
    gbPerSecond: gigabytes / received.seconds,
    cpuSecondsPerGb: each(growth(before, cpuSeconds(pid)), gigabytes),
    loadCpuSecondsPerGb: (received.cpuSeconds + sent.cpuSeconds) / gigabytes,
  };
}

async function watched(subject, server, load, order) {
  const { result, peakBytes } = await watchPeak(server.pid, transfer(subject, server, load, order));
  return { ...result, peakMiB: each(peakBytes, 2 ** 20) };
}

/** Whether the load could have been what limited the fastest relay: one line. */
function judge(results) {
  const medians = results.map(({ name, runs }) => ({
    name,
    value: summarize(runs.map(({ gbPerSecond }) => gbPerSecond)).median,
  }));
  const ceiling = medians.find(({ name }) => name === noRelay.name);
  const relays = medians.filter(({ name }) => name !== noRelay.name);
  if (ceiling === undefined || relays.length === 0) return [];
  const best = relays.reduce((a, b) => (a.value >= b.value ? a : b));
  const times = ceiling.value / best.value;
  const reached = `"no relay" reached ${times.toFixed(2)} times the fastest relay, ${best.name}`;
  if (times >= HEADROOM) return [`${reached}: the load is not the limit.`];
  const cores = availableParallelism();
  return [
    `${reached}, not ${HEADROOM}: on these ${cores} cores the load may be what limits it; compare CPU s/GB.`,
  ];
}

/** One pair at a time, one direction. Every process lives through all runs, as a relay does. */
export async function measureThroughput(subjects, { runs, size }, name = 'throughput', of = 'one pair') {
  const load = { sender: startLoad(SENDER), receiver: startLoad(RECEIVER) };
  const running = new Map();
  try {
    const target = await load.sender.call('listen');
    for (const subject of subjects) running.set(subject, await subject.start(target));
    const results = await inTurns(subjects, { runs, warmUps: 1 }, (subject, round) => {
      const server = running.get(subject);
      const work = watched(subject, server, load, { size, code: `transfer-${round}` });
      return put([server, load.sender, load.receiver], work);
    });
    const title = `Throughput of ${of}, ${(size / 2 ** 30).toFixed(2)} GiB a run, ${runs} runs`;
    return { name, title, figures: FIGURES, subjects: results, notes: judge(results) };
  } finally {
    await Promise.all([load.sender, load.receiver, ...running.values()].map((process) => process.stop()));
  }
}

/** The same by who speaks TLS with the relay. */
export const measureTls = async (subjects, options) =>
  await measureThroughput(subjects, options, 'tls', 'one pair over TLS');
