import { processChannel } from '../../ops/process-channel.js';
import type { StartOptions } from '../../relay/relay.js';

/** Set for a successor: the pid of the relay that started it. */
export const SUCCESSOR_VARIABLE = 'RELAY_SUCCESSOR_OF';

/** Where a successor finds its channel and the listening socket among its open files. */
export const SUCCESSOR_STDIO = { channel: 3, listening: 4 } as const;

/** The first socket of a service manager (sd_listen_fds(3)). */
const FIRST_SOCKET = 3;

/**
 * What this process was given at its start: nothing; a listening socket of the service manager (socket activation); or that
 * of a relay that hands over. Takes its variables out of `env`: they are meant for this process alone.
 *
 * @throws an error for people, where what was given is no single socket
 */
export function inherited(env: NodeJS.ProcessEnv, self: NodeJS.Process): StartOptions {
  const { [SUCCESSOR_VARIABLE]: before, LISTEN_PID: pid, LISTEN_FDS: count } = env;
  for (const name of [SUCCESSOR_VARIABLE, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) {
    Reflect.deleteProperty(env, name);
  }
  if (before !== undefined && self.connected) {
    // The watchdog is that of the service, whichever process it is.
    Reflect.deleteProperty(env, 'WATCHDOG_PID');
    return { fd: SUCCESSOR_STDIO.listening, predecessor: processChannel(self) };
  }
  if (count === undefined || pid !== `${self.pid}`) return {};
  if (count === '1') return { fd: FIRST_SOCKET };
  throw new Error(
    `the service manager passed ${count} sockets, and one is expected. Keep one ListenStream=.`,
  );
}
