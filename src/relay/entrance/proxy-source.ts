import type { Socket } from 'node:net';
import { sourceOf } from '../../guard/source.js';
import { parseProxyHeader } from '../../protocol/proxy-header.js';
import { type NoHead, readHead } from '../wire/read-head.js';

export type ProxySource =
  /** Undefined: the connection is the proxy's own. */
  | { readonly kind: 'source'; readonly source: string | undefined }
  | { readonly kind: 'invalid'; readonly problem: string }
  | NoHead;

/** `surplus`: what is no header. */
type Found = Extract<ProxySource, { kind: 'source' | 'invalid' }> & { readonly surplus: Buffer };

/** Reads the header that a proxy has to write. What stands behind it is left in the socket, which is paused. */
export async function readProxySource(socket: Socket, timeoutMs: number): Promise<ProxySource> {
  const head = await readHead(socket, timeoutMs, findSource);
  if (head.kind === 'unfinished' && head.bytes > 0)
    return { kind: 'invalid', problem: 'the PROXY header is cut off' };
  if ('surplus' in head && head.surplus.length > 0) socket.unshift(head.surplus);
  return head;
}

function findSource(bytes: Buffer): Found | undefined {
  const header = parseProxyHeader(bytes);
  switch (header.kind) {
    case 'incomplete':
      return undefined;
    case 'invalid':
      return { kind: 'invalid', problem: header.problem, surplus: bytes };
    case 'header': {
      const { address, length } = header;
      const source = sourceOf(address);
      const surplus = bytes.subarray(length);
      if (address === undefined || source !== undefined) return { kind: 'source', source, surplus };
      return { kind: 'invalid', problem: 'the PROXY header has no IP address', surplus };
    }
  }
}
