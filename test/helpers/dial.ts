import type { RelayAddress } from '../../src/client/api.js';
import { relayAt } from '../../src/client/dial.js';
import { join, type JoinOptions } from '../../src/transfer/meeting/join.js';
import { nodePlatform } from '../../src/client/platform.js';
import type { Line } from '../../src/transfer/line.js';

/** Connects to a relay, joins a room, and waits in it until it is paired. */
export function dial({ host, port, tls, ...options }: RelayAddress & JoinOptions): Promise<Line> {
  return join({ relay: relayAt({ host, port, tls }), platform: nodePlatform }, options);
}
