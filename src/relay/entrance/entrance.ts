import { Networks } from './networks.js';

export interface EntranceOptions {
  /**
   * The proxies that stand before the relay, as IP addresses and networks (`10.0.0.0/8`). From these, and from nobody
   * else, a PROXY protocol header (version 1 or 2) is taken, and has to come first.
   */
  readonly proxyProtocol?: readonly string[] | undefined;
}

/** What may stand between an accepted connection and its line. */
export interface Entrance {
  readonly proxies: Networks;
}

/**
 * Undefined where nothing does, so that nothing of it runs.
 * @throws {RangeError} where a network is none.
 */
export function createEntrance({ proxyProtocol = [] }: EntranceOptions): Entrance | undefined {
  if (proxyProtocol.length === 0) return undefined;
  return { proxies: new Networks(proxyProtocol) };
}
