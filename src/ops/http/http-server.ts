import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface HttpOptions {
  readonly respond: (request: IncomingMessage, response: ServerResponse) => void;
  /** For a whole request to arrive, in milliseconds; five seconds unless given. */
  readonly requestTimeoutMs?: number | undefined;
}

// A request is one short packet, and a scraper keeps a connection or two: more is a mistake or an attack, and may
// not take the files that the relay needs.
const MAX_CONNECTIONS = 32;
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
/** Shorter than a scrape interval: a new connection costs nothing here. */
const KEEP_ALIVE_MS = 5_000;
/** A client that neither reads nor writes. */
const SOCKET_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 500;

/** An HTTP server for the operator's side, bounded in what it takes, how long and from how many. It does not listen yet. */
export function createHttpServer({
  respond,
  requestTimeoutMs: requestTimeout = REQUEST_TIMEOUT_MS,
}: HttpOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.ceil(requestTimeout / 5),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    respond,
  );
  server.setTimeout(SOCKET_TIMEOUT_MS);
  keepRoom(server);
  return server;
}

/**
 * Whoever comes has a place: where all are taken, the one goes that has waited longest for a request of its own, or where
 * each has one, the oldest. Connections that say nothing must not keep a health check out.
 */
function keepRoom(server: Server): void {
  // Each is in one of them, the oldest there first.
  const waiting = new Set<Socket>();
  const answered = new Set<Socket>();
  const forget = (socket: Socket): boolean => waiting.delete(socket) || answered.delete(socket);
  server.on('connection', (socket: Socket) => {
    if (waiting.size + answered.size >= MAX_CONNECTIONS) {
      const [oldest] = waiting.size > 0 ? waiting : answered;
      if (oldest !== undefined && forget(oldest)) oldest.destroy();
    }
    waiting.add(socket);
    socket.on('close', () => forget(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (!waiting.delete(socket)) return;
    answered.add(socket);
    response.on('close', () => {
      if (answered.delete(socket)) waiting.add(socket);
    });
  });
}

/** Resolves when it does not listen and no connection is left; answers under way get CLOSE_GRACE_MS. */
export async function closeHttpServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  // Closes idle connections too; but one that has sent no request is not idle to Node, and its timeouts have ended.
  server.close();
  const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
}
