import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SocketPair extends Disposable {
  /** The accepted end. */
  readonly server: Socket;
  readonly client: Socket;
}

/** Two connected sockets, both half-open ones. `host`: where the server listens. */
export async function socketPair(host = '127.0.0.1'): Promise<SocketPair> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, host);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [[server]] = (await Promise.all([once(listener, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  listener.close();
  for (const socket of [server, client]) socket.on('error', () => undefined);
  return {
    server,
    client,
    [Symbol.dispose]() {
      server.destroy();
      client.destroy();
    },
  };
}
