import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../transfer/free-ports.js';
import { findProgram, missing } from '../transfer/programs.js';
import { openWorkspace } from '../transfer/workspace.js';
import { startServer } from '../processes.js';

const HOST = '127.0.0.1';
/** It is asked whether it listens by a connection, which it passes on: that is over by then. */
const REST_MS = 200;
const program = () => findProgram('HAPROXY', 'haproxy');

/** Plain TCP, and every byte by splice(2): a pipe in the kernel, for each connection that may come. */
const configuration = (port, target) => `global
  maxconn 2048
  maxpipes 4096
defaults
  mode tcp
  option splice-request
  option splice-response
  timeout connect 10s
  timeout client 5m
  timeout server 5m
listen bench
  bind ${HOST}:${port}
  server load ${HOST}:${target}
`;

/**
 * A proxy in C whose payload never leaves the kernel. It pairs nobody: what it connects to is the load's sender.
 * @type {import('./index.js').Subject}
 */
export const haproxy = {
  name: 'haproxy',
  control: true,
  peer: true,
  forwards: true,
  measures: ['throughput', 'pairs', 'many-pairs'],
  available: () => (program() === undefined ? missing('HAPROXY', 'haproxy') : undefined),
  async start(target) {
    const workspace = openWorkspace();
    try {
      const [port] = await freePorts(1, HOST);
      const file = join(workspace.fresh('haproxy'), 'haproxy.cfg');
      writeFileSync(file, configuration(port, target));
      const args = ['-db', '-f', file];
      const running = await startServer({ name: 'haproxy', command: program(), args, port });
      await sleep(REST_MS);
      return running;
    } finally {
      workspace.close();
    }
  },
  handshake: () => ({ line: '' }),
};
