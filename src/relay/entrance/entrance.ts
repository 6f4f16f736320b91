import { Networks } from './networks.js';
import { Tls, type TlsOptions } from './tls.js';

export interface EntranceOptions {
  /**
   * The proxies that stand before the relay, as IP addresses and networks (`10.0.0.0/8`). From these, and from nobody
   * else, a PROXY protocol header (version 1 or 2) is taken, and has to come first.
   */
  readonly proxyProtocol?: readonly string[] | undefined;
  /** Take TLS on the same port: whose first byte is that of a TLS handshake gets one. */
  readonly tls?: TlsOptions | undefined;
}

/** What may stand between an accepted connection and its line. */
export interface Entrance {
  readonly proxies: Networks | undefined;
  readonly tls: Tls | undefined;
}

/**
 * Undefined where nothing does, so that nothing of it runs.
 * @throws {RangeError} where a network is none.
 * @throws {Error} where a certificate and its key cannot be used.
 */
export function createEntrance(
  { proxyProtocol = [], tls }: EntranceOptions,
  limits: { readonly highWaterMark: number },
): Entrance | undefined {
  if (proxyProtocol.length === 0 && tls === undefined) return undefined;
  return {
    proxies: proxyProtocol.length === 0 ? undefined : new Networks(proxyProtocol),
    tls: tls === undefined ? undefined : new Tls(tls, limits),
  };
}
