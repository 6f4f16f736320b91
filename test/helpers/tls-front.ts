import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Issued } from './certificates.js';

/** What stands before a relay and speaks TLS in its place. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
  /** The names that clients asked for; false: none. */
  readonly asked: (string | false)[];
}

export async function startTlsFront(target: number, { cert, key }: Issued): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const asked: (string | false)[] = [];
  const server = createServer({ cert, key, allowHalfOpen: true }, (near) => {
    asked.push(near.servername ?? false);
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
