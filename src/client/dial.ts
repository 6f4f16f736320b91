import type { Relay } from '../transfer/context.js';
import type { RelayAddress } from './api.js';
import { RelayUnreachable } from '../transfer/line-errors.js';
import { openLine } from './open-line.js';
import { hostPort, unreachable } from './unreachable.js';

/** The relay at an address, over TCP or TLS. */
export function relayAt(address: RelayAddress): Relay {
  return {
    name: hostPort(address.host, address.port),
    dial: (signal) =>
      openLine(address, signal).catch((error: unknown) => {
        if (signal.aborted) throw signal.reason;
        throw new RelayUnreachable(unreachable(address, error as Error), { cause: error });
      }),
  };
}
