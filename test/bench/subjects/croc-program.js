import { spawnSync } from 'node:child_process';
import { findProgram } from '../transfer/programs.js';
import { freePorts } from '../transfer/free-ports.js';
import { startServer } from '../processes.js';

export const program = () => findProgram('CROC', 'croc');

/** Its relay takes 127.0.0.1 for every address of the machine; this one it leaves as it is. */
const HOST = '127.0.0.2';

// All of the load comes from one address: version 11 has limits, and they are out of the way as the relay's own are.
const LIMITS_OFF = [
  ...['--source-join-limit', '100000000', '--room-join-limit', '100000000', '--join-limit-window', '1s'],
  ...['--max-rooms-open', '100000', '--max-pending-handshakes', '100000'],
];

const hasLimits = () =>
  spawnSync(program(), ['relay', '--help'], { encoding: 'utf8' }).stdout.includes(LIMITS_OFF[0]);

/** `croc relay` on so many ports; `home`: where it looks for its settings, and finds none. */
export async function startCrocRelay(home, { ports: count }) {
  const ports = await freePorts(count, HOST);
  const address = `${HOST}:${ports[0]}`;
  const env = { ...process.env, HOME: home, CROC_CONFIG_DIR: home };
  const relay = await startServer({
    name: 'croc relay',
    command: program(),
    args: ['relay', '--host', HOST, '--ports', ports.join(','), ...(hasLimits() ? LIMITS_OFF : [])],
    env,
    host: HOST,
    // The one in version 10, the other in 11.
    outputs: ['stderr', 'stdout'],
    findPort: (line) => (line.includes(`starting TCP server on ${address}`) ? ports[0] : undefined),
  });
  return { address, env, relay };
}
