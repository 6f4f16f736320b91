import { missing } from '../transfer/programs.js';
import { runPair } from '../transfer/pair.js';
import { program, startCrocRelay } from './croc-program.js';

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
    const { address, env, relay } = await startCrocRelay(home, { ports: PORTS });
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
          sender: {
            ...tool('croc send', 'send', '--no-local', from),
            ready: /Code is: |On the other computer/,
          },
          receiver: () => tool('croc', '--ip', address, '--out', to),
          graceMs: GRACE_MS,
          timeoutMs,
        });
      },
    };
  },
};
