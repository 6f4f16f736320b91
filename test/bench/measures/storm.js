import { openFilesLimit, tcpCounters } from '../proc.js';
import { startLoad } from '../processes.js';
import { growth, inTurns, put } from './rounds.js';

const LOAD = new URL('../load/storm.js', import.meta.url);

const FIGURES = [
  { key: 'served', label: 'served', digits: 0 },
  { key: 'retried', label: 'SYN sent again', digits: 0 },
  { key: 'lastSeconds', label: 'last after s', digits: 2 },
];

/** Few of them: on a small machine the relay has to come to the processor as well. */
const PROCESSES = 4;
const TIMEOUT_MS = 60_000;

async function storm(subject, { host, port }, loads, count) {
  const share = Math.floor(count / loads.length);
  const before = tcpCounters()?.TCPSynRetrans;
  const order = (i) => ({
    ...{ subject: subject.name, host, port, prefix: `storm-${i}` },
    count: i === 0 ? count - share * (loads.length - 1) : share,
  });
  const all = await Promise.all(loads.map((load, i) => load.call('run', order(i), TIMEOUT_MS)));
  const served = all.reduce((sum, load) => sum + load.served, 0);
  if (served !== count) {
    throw new Error(
      `${count - served} of ${count} were not served: ${all.find((load) => load.refusal).refusal}`,
    );
  }
  const began = Math.min(...all.map((load) => load.began));
  return {
    served,
    retried: growth(before, tcpCounters()?.TCPSynRetrans),
    lastSeconds: (Math.max(...all.map((load) => load.last)) - began) / 1000,
  };
}

async function stormAfresh(subject, count) {
  const server = await subject.start(0);
  const loads = Array.from({ length: PROCESSES }, () => startLoad(LOAD));
  try {
    return await put([server, ...loads], storm(subject, server, loads, count));
  } finally {
    await Promise.all([server, ...loads].map((process) => process.stop()));
  }
}

/** Everybody at once, as after a break of the network: each is to be told that it waits, and none refused. */
export async function measureStorm(subjects, { runs, storm: wanted }) {
  const count = Math.min(wanted, Math.floor(openFilesLimit(process.pid) * 0.95));
  const results = await inTurns(subjects, { runs, warmUps: 0 }, (subject) => stormAfresh(subject, count));
  const title = `${count} connections at once from ${PROCESSES} processes, ${runs} runs`;
  return { name: 'storm', title, figures: FIGURES, subjects: results };
}
