import { tmpdir } from 'node:os';
import { missing } from '../transfer/programs.js';
import { crocHandshake } from './croc-handshake.js';
import { program, startCrocRelay } from './croc-program.js';

/** What `croc relay` asks for where nobody set another. */
const PASSWORD = 'pass123';

/** It has to have two ports. The load uses the first. */
const PORTS = 2;

/**
 * croc's relay alone, in Go: a key agreement for each client, then a copy by splice(2).
 * @type {import('./index.js').Subject}
 */
export const crocRelay = {
  name: 'croc relay',
  control: true,
  peer: true,
  measures: ['throughput', 'pairs', 'latency'],
  /** What a sender sends before its receiver is there may be lost. */
  inTurn: true,
  /** Keep-alives: nobody has to read those of thousands. */
  speaksToWaiting: true,
  available: () => (program() === undefined ? missing('CROC', 'croc') : undefined),
  async start() {
    const { relay } = await startCrocRelay(tmpdir(), { ports: PORTS });
    return relay;
  },
  handshake: (role, code) => crocHandshake(role, code, PASSWORD),
};
