import { fileURLToPath } from 'node:url';
import { runPair } from '../transfer/pair.js';
import { cleanEnvironment, relayServer } from './relay-server.js';

const bin = (name) => fileURLToPath(new URL(`../../../bin/${name}.js`, import.meta.url));

/** This project's tools, through its relay. @type {import('./index.js').TransferSubject} */
export const relaySend = {
  name: 'relay-send',
  control: false,
  measures: ['transfer'],
  available: () => undefined,
  async start() {
    const relay = await relayServer.start();
    const tool = (name, ...args) => ({
      name,
      args: [bin(name), '--relay', `127.0.0.1:${relay.port}`, ...args],
      env: cleanEnvironment(),
    });
    return {
      pids: [relay.pid],
      stop: relay.stop,
      failure: relay.failure,
      run: (from, to, { timeoutMs }) =>
        runPair({
          sender: { ...tool('relay-send', from), ready: /^Code: (\S+)$/m },
          receiver: ([, code]) => tool('relay-receive', '--yes', '--output', to, code),
          timeoutMs,
        }),
    };
  },
};
