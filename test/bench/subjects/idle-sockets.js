import { fileURLToPath } from 'node:url';
import { startServer } from '../processes.js';

const SERVER = fileURLToPath(new URL('../servers/idle-sockets.js', import.meta.url));

/** What a socket costs Node that does nothing. @type {import('./index.js').Subject} */
export const idleSockets = {
  name: 'idle sockets',
  control: true,
  measures: ['waiting'],
  available: () => undefined,
  start: () => startServer({ name: 'idle sockets', args: [SERVER] }),
  handshake: (role, code) => ({ line: `${code}:${role}\n` }),
};
