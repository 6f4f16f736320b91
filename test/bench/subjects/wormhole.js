import { findProgram, missing } from '../transfer/programs.js';
import { runPair } from '../transfer/pair.js';
import { obstacleToPlugins, startPlugin } from './twist.js';

const wormhole = () => findProgram('WORMHOLE', 'wormhole');

const obstacle = () =>
  wormhole() === undefined
    ? missing('WORMHOLE', 'wormhole')
    : obstacleToPlugins('wormhole-mailbox', 'transitrelay');

/**
 * magic-wormhole, through its own mailbox server and transit relay. `--no-listen` on both sides keeps the two from
 * connecting to each other directly, as they would on one machine.
 * @type {import('./index.js').TransferSubject}
 */
export const magicWormhole = {
  name: 'magic-wormhole',
  control: true,
  peer: true,
  measures: ['transfer'],
  available: obstacle,
  async start(home) {
    const mailbox = await startPlugin('wormhole-mailbox', home, '--channel-db', ':memory:');
    const transit = await startPlugin('transitrelay', home).catch(async (error) => {
      await mailbox.stop();
      throw error;
    });
    const servers = [mailbox, transit];
    const failure = Promise.race(servers.map((server) => server.failure));
    // It is raced during a run; one that comes between two runs fails the next.
    failure.catch(() => undefined);
    const relays = [
      ...['--relay-url', `ws://127.0.0.1:${mailbox.port}/v1`],
      ...['--transit-helper', `tcp:127.0.0.1:${transit.port}`],
    ];
    const tool = (name, ...args) => ({
      name: `wormhole ${name}`,
      command: wormhole(),
      args: [...relays, name, '--no-listen', '--hide-progress', ...args],
      cwd: home,
    });
    let runs = 0;
    return {
      pids: servers.map(({ pid }) => pid),
      stop: () => Promise.all(servers.map((server) => server.stop())),
      failure,
      run(from, to, { timeoutMs }) {
        const code = `${100 + runs++}-relay-bench`;
        return runPair({
          sender: { ...tool('send', '--no-qr', '--code', code, from), ready: /Wormhole code is: / },
          receiver: () => tool('receive', '--accept-file', '--output-file', to, code),
          timeoutMs,
        });
      },
    };
  },
};
