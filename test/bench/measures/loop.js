import { startLoad } from '../processes.js';
import { inTurns } from './rounds.js';

const LOAD = new URL('../load/loop.js', import.meta.url);
const TIMEOUT_MS = 120_000;

const FIGURES = [
  { key: 'p99Milliseconds', label: 'p99 ms', digits: 1 },
  { key: 'maxMilliseconds', label: 'max ms', digits: 1 },
  { key: 'seconds', label: 'took s', digits: 2 },
];

/** What the relay's process does is driven without sockets, so there is nothing to choose from `_subjects`. */
export async function measureLoop(_subjects, { runs, keys, seconds }) {
  const rows = [
    { name: 'idle', control: true, operation: 'idle' },
    { name: `cleanup of ${keys} rooms`, control: false, operation: 'cleanup' },
    { name: `arrivals with ${keys} limiter keys`, control: false, operation: 'limiters' },
  ];
  const results = await inTurns(rows, { runs, warmUps: 0 }, async ({ operation }) => {
    const load = startLoad(LOAD);
    try {
      return await load.call(operation, { keys, seconds }, TIMEOUT_MS);
    } finally {
      await load.stop();
    }
  });
  return {
    name: 'loop',
    title: `Delay of the event loop, ${runs} runs`,
    figures: FIGURES,
    subjects: results,
  };
}
