import type { Line } from '../transfer/line.js';
import type { RelayAddress } from './api.js';
import { join, type JoinOptions, RelayUnreachable, SILENCE_MS, silentRelay } from './join.js';
import { openLine } from './open-line.js';
import { nodePlatform } from './platform.js';
import { hostPort, unreachable } from './unreachable.js';
import { within } from './within.js';

export type DialOptions = RelayAddress & Omit<JoinOptions, 'relay' | 'platform'>;

/**
 * Connects to a relay, joins a room, and waits in it until it is paired.
 * @throws RelayRefused, RelayUnreachable, or the signal's reason.
 */
export async function dial(options: DialOptions): Promise<Line> {
  const { host, port, signal, silenceMs = SILENCE_MS } = options;
  const relay = hostPort(host, port);
  signal?.throwIfAborted();
  const line = await within(
    silenceMs,
    () => silentRelay(relay),
    signal,
    (inTime) =>
      openLine(options, inTime).catch((error: unknown) => {
        if (inTime.aborted) throw inTime.reason;
        throw new RelayUnreachable(unreachable(options, error as Error), { cause: error });
      }),
  );
  return await join(line, { ...options, relay, platform: nodePlatform });
}
