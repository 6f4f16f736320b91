import type { Dialect } from '../dialects/dialect.js';
import { DIALECTS, SPOKEN } from '../dialects/table.js';
import { Networks } from './networks.js';
import { Openings } from './openings.js';
import { Tls, type TlsOptions } from './tls.js';

export interface EntranceOptions {
  /**
   * The proxies that stand before the relay, as IP addresses and networks (`10.0.0.0/8`). From these, and from nobody
   * else, a PROXY protocol header (version 1 or 2) is taken, and has to come first.
   */
  readonly proxyProtocol?: readonly string[] | undefined;
  /** Take TLS on the same port: whose first byte is that of a TLS handshake gets one. */
  readonly tls?: TlsOptions | undefined;
  /** What is spoken; the same port for all. Default: `SPOKEN` of the table. */
  readonly dialects?: readonly Dialect[] | undefined;
}

/** What may stand between an accepted connection and its greeting. */
export interface Entrance {
  readonly proxies: Networks | undefined;
  readonly tls: Tls | undefined;
  readonly openings: Openings;
}

/**
 * @throws {RangeError} where a network is none.
 * @throws {Error} where a certificate and its key cannot be used.
 */
export function createEntrance(
  { proxyProtocol = [], tls, dialects = SPOKEN.map((name) => DIALECTS[name]) }: EntranceOptions,
  limits: { readonly highWaterMark: number },
): Entrance {
  return {
    proxies: proxyProtocol.length === 0 ? undefined : new Networks(proxyProtocol),
    tls: tls === undefined ? undefined : new Tls(tls, limits),
    openings: new Openings(dialects),
  };
}
