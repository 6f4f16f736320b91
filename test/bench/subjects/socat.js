import { findProgram, missing } from '../transfer/programs.js';
import { startServer } from '../processes.js';

const program = () => findProgram('SOCAT', 'socat');

/** Its own 8 KiB would make it slower than it has to be. */
const BUFFER_BYTES = 2 ** 20;

/** A process for each connection, which copies through one buffer. @type {import('./index.js').Subject} */
export const socat = {
  name: 'socat',
  control: true,
  peer: true,
  forwards: true,
  measures: ['throughput'],
  available: () => (program() === undefined ? missing('SOCAT', 'socat') : undefined),
  start: (target) =>
    startServer({
      name: 'socat',
      command: program(),
      // Twice -d: it says then where it listens.
      args: [
        ...['-d', '-d', '-b', String(BUFFER_BYTES)],
        ...['TCP-LISTEN:0,bind=127.0.0.1,fork', `TCP:127.0.0.1:${target}`],
      ],
      outputs: ['stderr'],
      findPort(line) {
        const port = /listening on .*:(\d+)$/.exec(line)?.[1];
        return port === undefined ? undefined : Number(port);
      },
    }),
  handshake: () => ({ line: '' }),
};
