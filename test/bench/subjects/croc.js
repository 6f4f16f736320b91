import { findProgram, missing } from '../transfer/programs.js';
import { freePorts } from '../transfer/free-ports.js';
import { runPair } from '../transfer/pair.js';
import { startServer } from '../processes.js';

const program = () => findProgram('CROC', 'croc');

/** Its relay takes 127.0.0.1 for every address of the machine; this one it leaves as it is. */
const HOST = '127.0.0.2';
/** One to pair, and four that its clients spread a transfer over: what it does by default. */
const PORTS = 5;
/** It says its code before it has joined its relay's room. */
const GRACE_MS = 500;

/**
 * croc, through its own relay: nothing is looked for on the local network (`--no-local`; and a receiver that is told
 * `--ip` asks nobody). Everything else is as it comes, compression included.
 * @type {import('./index.js').TransferSubject}
 */
export const croc = {
  name: 'croc',
  control: true,
  peer: true,
  measures: ['transfer'],
  available: () => (program() === undefined ? missing('CROC', 'croc') : undefined),
  async start(home) {
    const ports = await freePorts(PORTS, HOST);
    const address = `${HOST}:${ports[0]}`;
    // Its settings are looked for where there are none, and nobody's are changed.
    const env = { ...process.env, HOME: home, CROC_CONFIG_DIR: home };
    const relay = await startServer({
      name: 'croc relay',
      command: program(),
      args: ['relay', '--host', HOST, '--ports', ports.join(',')],
      env,
      output: 'stderr',
      findPort: (line) => (line.includes(`starting TCP server on ${address}`) ? ports[0] : undefined),
    });
    let runs = 0;
    return {
      pids: [relay.pid],
      stop: relay.stop,
      failure: relay.failure,
      run(from, to, { timeoutMs }) {
        const secret = `${1000 + runs++}-relay-bench-croc`;
        const tool = (name, ...args) => ({
          name,
          command: program(),
          args: ['--ignore-stdin', '--disable-clipboard', '--yes', '--relay', address, ...args],
          env: { ...env, CROC_SECRET: secret },
          cwd: home,
        });
        return runPair({
          sender: { ...tool('croc send', 'send', '--no-local', from), ready: /Code is: / },
          receiver: () => tool('croc', '--ip', address, '--out', to),
          graceMs: GRACE_MS,
          timeoutMs,
        });
      },
    };
  },
};
