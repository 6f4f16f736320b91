import { startLoad } from '../processes.js';
import { percentile } from '../statistics.js';
import { startCrowd } from './crowd.js';
import { inTurns, put } from './rounds.js';
import { startWaiters } from './waiters.js';

const LOAD = new URL('../load/latency.js', import.meta.url);

const FIGURES = [
  { key: 'medianMicroseconds', label: 'median us', digits: 0 },
  { key: 'p99Microseconds', label: 'p99 us', digits: 0 },
];

const SLOWEST_MS = 500;

/** What goes on beside: each is started for a subject's server, and says how it is ended. */
const alone = { title: 'alone', start: async () => ({ processes: [], stop: async () => undefined }) };

const besideRooms = (rooms) => ({
  title: `beside ${rooms} waiting rooms`,
  fits: (subject) => !subject.speaksToWaiting,
  async start(subject, server) {
    const waiters = startWaiters(rooms);
    await waiters.open(subject, server, rooms);
    return waiters;
  },
});

const besideBulk = {
  title: 'beside a transfer at full speed',
  async start(subject, server) {
    const crowd = startCrowd();
    await crowd.open(subject, server, { count: 1 });
    await crowd.flow(1);
    return crowd;
  },
};

async function time(subject, server, load, { samples, round, scene }) {
  const beside = await scene.start(subject, server);
  try {
    const order = { subject: subject.name, host: server.host, port: server.port, samples };
    const call = load.call('run', { ...order, prefix: `latency-${round}` }, 10_000 + samples * SLOWEST_MS);
    const microseconds = await put([server, load, ...beside.processes], call);
    return {
      medianMicroseconds: percentile(microseconds, 0.5),
      p99Microseconds: percentile(microseconds, 0.99),
    };
  } finally {
    await beside.stop();
  }
}

/** A fresh relay for each run: what was beside the last one is gone. */
async function timeAfresh(subject, options) {
  const server = await subject.start(0);
  const load = startLoad(LOAD);
  try {
    // The first pairings pay for what is compiled then.
    await time(subject, server, load, { ...options, samples: 20, round: 'first', scene: alone });
    return await time(subject, server, load, options);
  } finally {
    await Promise.all([load, server].map((process) => process.stop()));
  }
}

/** How long a pairing takes until its first byte is through: alone, and beside what a relay has to do as well. */
export async function measureLatency(subjects, { runs, samples, rooms }) {
  const results = [];
  for (const scene of [alone, besideRooms(rooms), besideBulk]) {
    const fitting = subjects.filter((subject) => scene.fits?.(subject) ?? true);
    const measured = await inTurns(fitting, { runs, warmUps: 0 }, (subject, round) =>
      timeAfresh(subject, { samples, round, scene }),
    );
    const title = `From the second line to the first byte, ${scene.title}, ${samples} pairings, ${runs} runs`;
    results.push({ name: 'latency', title, figures: FIGURES, subjects: measured });
  }
  return results;
}
