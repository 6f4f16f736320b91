import type { Socket } from 'node:net';
import { sourceOf } from '../../guard/source.js';
import { parseProxyHeader } from '../../protocol/proxy-header.js';
import { type Find, type Head, readHead } from '../read-head.js';

export type ProxySource =
  /** Undefined: the connection is the proxy's own. */
  | { readonly kind: 'source'; readonly source: string | undefined }
  | { readonly kind: 'invalid'; readonly problem: string }
  | Exclude<Head<never>, { kind: 'read' }>;

type Found = Extract<ProxySource, { kind: 'source' | 'invalid' }>;

/** Reads the header that a proxy has to write. What stands behind it is left in the socket, which is paused. */
export async function readProxySource(socket: Socket, timeoutMs: number): Promise<ProxySource> {
  const head = await readHead(socket, timeoutMs, findSource);
  if (head.kind === 'unfinished' && head.bytes > 0)
    return { kind: 'invalid', problem: 'the PROXY header is cut off' };
  if (head.kind !== 'read') return head;
  if (head.surplus.length > 0) socket.unshift(head.surplus);
  return head.value;
}

const findSource: Find<Found> = (bytes) => {
  const header = parseProxyHeader(bytes);
  switch (header.kind) {
    case 'incomplete':
      return undefined;
    case 'invalid':
      return { value: header, length: 0 };
    case 'header': {
      const { address, length } = header;
      const source = sourceOf(address);
      if (address === undefined || source !== undefined) return { value: { kind: 'source', source }, length };
      return { value: { kind: 'invalid', problem: 'the PROXY header has no IP address' }, length };
    }
  }
};
