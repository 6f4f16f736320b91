import { fileURLToPath } from 'node:url';
import { startServer } from '../processes.js';

const BIN = fileURLToPath(new URL('../../../bin/relay-server.js', import.meta.url));

// All of the load comes from one address, faster than any client may: the limits are off, and open files are the only
// one left. The log is on, as it is where a relay runs.
const OFF = [
  ...['--rate-limit-ip', '0', '--rate-limit-code', '0', '--lockout-source-attempts', '0'],
  ...['--max-connections-per-ip', '0', '--max-connections', '1000000'],
];
const ARGS = ['--port', '0', '--host', '127.0.0.1', '--log-level', 'info', '--log-format', 'json', ...OFF];

/** The environment without the relay's own variables, which would change what is measured. */
export const cleanEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RELAY_')));

export const startRelay = (more = []) =>
  startServer({ name: 'relay-server', args: [BIN, ...ARGS, ...more], env: cleanEnvironment() });

/** This project's relay. @type {import('./index.js').Subject} */
export const relayServer = {
  name: 'relay-server',
  control: false,
  measures: ['throughput', 'many-pairs', 'pairs', 'latency', 'waiting', 'storm', 'flood', 'loop'],
  available: () => undefined, // It has to be: a bench without it has failed.
  start: () => startRelay(),
  handshake: (role, code) => ({
    line: role === 'sender' ? `${code}:sender:raw\n` : `${code}:receiver:raw:wait\n`,
  }),
  greeting: (code) => ({ line: `${code}:sender:status\n`, reply: /^WAITING \d+\n$/ }),
};
