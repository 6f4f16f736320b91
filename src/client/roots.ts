import * as nodeTls from 'node:tls';

/** What Node 22.15 and later can tell; the types here know no more than the oldest that is supported. */
interface Stores {
  readonly getCACertificates?: (store: 'default' | 'system') => string[];
}

/**
 * Whom this machine trusts, in PEM: whom Node does (NODE_EXTRA_CA_CERTS among them), and the system's own store.
 * Undefined where Node cannot tell: it takes those that it has come with, and the extra ones.
 */
export function systemRoots(
  { getCACertificates }: Stores = nodeTls as Stores,
): readonly string[] | undefined {
  if (getCACertificates === undefined) return undefined;
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}
