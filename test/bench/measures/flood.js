import { fileURLToPath } from 'node:url';
import { cpuSeconds } from '../proc.js';
import { startLoad, startServer } from '../processes.js';
import { each, growth, inTurns, put } from './rounds.js';
import { transfer } from './throughput.js';

const SENDER = new URL('../load/sender.js', import.meta.url);
const RECEIVER = new URL('../load/receiver.js', import.meta.url);
const FLOOD = new URL('../load/flood.js', import.meta.url);
const REFUSALS = fileURLToPath(new URL('../servers/refusals.js', import.meta.url));

const FIGURES = [
  { key: 'alone', label: 'GB/s alone', digits: 2 },
  { key: 'elsewhere', label: 'flood elsewhere', digits: 2 },
  { key: 'flooded', label: 'flooded', digits: 2 },
  { key: 'share', label: 'flooded/alone', digits: 2 },
  { key: 'shareOfElsewhere', label: 'flooded/elsewhere', digits: 2 },
  { key: 'refused', label: 'refused/s', digits: 0 },
  { key: 'refusalMicroseconds', label: 'CPU us each', digits: 0 },
  { key: 'bareMicroseconds', label: 'bare server', digits: 0 },
];

/** The addresses that it comes from: one of them alone would run out of ports. */
const SOURCES = 200;
/** Until the flood has its speed. */
const RAMP_MS = 500;

/** A transfer while so many bad handshakes a second go to `target`; undefined: none. */
async function once(subject, server, load, { size, code, rate, target }) {
  const order = { size, code };
  if (target === undefined) {
    return { transfer: await transfer(subject, server, load, order), flood: undefined };
  }
  const { host, port, pid } = target;
  const before = cpuSeconds(pid);
  await load.flood.call('start', { host, port, rate, net: 5, sources: SOURCES });
  await new Promise((resolve) => setTimeout(resolve, RAMP_MS));
  const result = await transfer(subject, server, load, order);
  const flood = await load.flood.call('stop');
  return { transfer: result, flood, cpu: growth(before, cpuSeconds(pid)) };
}

async function inAllThree(subject, load, control, { size, flood: rate }, round) {
  const server = await subject.start();
  try {
    const run = (name, target) => {
      const order = { size, code: `flood-${round}-${name}`, rate, target };
      return put([server, load.sender, load.receiver, load.flood], once(subject, server, load, order));
    };
    const alone = await run('alone');
    const elsewhere = await run('elsewhere', control);
    const flooded = await run('flooded', server);
    // What the flood cost the relay: its CPU time beside what as much payload costs it alone.
    const payloadCpu = each(alone.transfer.cpuSecondsPerGb, 1 / (size / 1e9));
    return {
      alone: alone.transfer.gbPerSecond,
      elsewhere: elsewhere.transfer.gbPerSecond,
      flooded: flooded.transfer.gbPerSecond,
      share: flooded.transfer.gbPerSecond / alone.transfer.gbPerSecond,
      shareOfElsewhere: flooded.transfer.gbPerSecond / elsewhere.transfer.gbPerSecond,
      refused: flooded.flood.answered / flooded.flood.seconds,
      refusalMicroseconds: each(growth(payloadCpu, flooded.cpu), flooded.flood.answered / 1e6),
      bareMicroseconds: each(elsewhere.cpu, elsewhere.flood.answered / 1e6),
    };
  } finally {
    await server.stop();
  }
}

/** One pair at full speed while strangers flood the relay with handshakes that are none. */
export async function measureFlood(subjects, options) {
  const { runs, size, flood } = options;
  const load = { sender: startLoad(SENDER), receiver: startLoad(RECEIVER), flood: startLoad(FLOOD) };
  const control = await startServer({ name: 'bare refusals', args: [REFUSALS] });
  try {
    const results = await inTurns(subjects, { runs, warmUps: 1 }, (subject, round) =>
      inAllThree(subject, load, control, options, round),
    );
    const title = `One pair, ${(size / 2 ** 30).toFixed(2)} GiB a run, beside ${flood} bad handshakes a second, ${runs} runs`;
    return { name: 'flood', title, figures: FIGURES, subjects: results };
  } finally {
    await Promise.all([...Object.values(load), control].map((process) => process.stop()));
  }
}
