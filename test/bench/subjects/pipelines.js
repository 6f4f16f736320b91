import { fileURLToPath } from 'node:url';
import { startServer } from '../processes.js';

const SERVER = fileURLToPath(new URL('../servers/pipelines.js', import.meta.url));

/** The shortest relay that Node's streams give. @type {import('./index.js').Subject} */
export const pipelines = {
  name: 'two bare pipelines',
  control: true,
  measures: ['throughput', 'many-pairs', 'pairs', 'latency'],
  available: () => undefined,
  start: () => startServer({ name: 'two bare pipelines', args: [SERVER] }),
  handshake: (role, code) => ({ line: `${code}:${role}\n` }),
};
