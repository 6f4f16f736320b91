import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the admin server reads. Its methods MUST return at once. */
export interface AdminSource {
  readonly version: string;
  uptimeSeconds(): number;
  draining(): boolean;
  snapshot(): AdminSnapshot;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

/** The figures of `GET /status`. */
export interface AdminSnapshot {
  /** Open now. */
  readonly connections: number;
  readonly rooms: { readonly waiting: number; readonly paired: number; readonly held: number };
  readonly pairings: number;
  /** In both directions. */
  readonly relayedBytes: number;
}

export interface AdminOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly source: AdminSource;
  /** Told why a page answered 500. */
  readonly onError?: (error: unknown) => void;
  /** For a whole request to arrive; five seconds unless given. */
  readonly requestTimeoutMs?: number;
}

export interface Admin {
  readonly host: string;
  readonly port: number;
  /** Resolves when the port is free and no connection is left; answers under way get CLOSE_GRACE_MS. */
  close(): Promise<void>;
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

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves health, readiness, status and metrics over HTTP.
 * @throws what listening throws: the port is taken, or the host has no such address.
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.ceil(requestTimeout / 5),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void respond(request, response, options),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(SOCKET_TIMEOUT_MS);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return { host: address.address, port: address.port, close: () => (closing ??= closeServer(server)) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdminOptions,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const { status, type, body } = await answer(request, options);
  if (status === 405) response.setHeader('Allow', 'GET, HEAD');
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  // Node leaves the body out of the answer to HEAD.
  response.end(body);
}

async function answer(request: IncomingMessage, { source, onError }: AdminOptions): Promise<Answer> {
  const page = PAGES.get(request.url?.split('?', 1)[0] ?? '');
  if (page === undefined) return { status: 404, type: TEXT, body: 'not found\n' };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'method not allowed\n' };
  }
  try {
    return await page(source);
  } catch (error) {
    // What went wrong is the operator's business, not that of whoever reaches the port.
    onError?.(error);
    return { status: 500, type: TEXT, body: 'internal error\n' };
  }
}

type Page = (source: AdminSource) => Answer | Promise<Answer>;

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/healthz', () => ({ status: 200, type: TEXT, body: 'ok\n' })],
  ['/readyz', readiness],
  ['/status', (source) => ({ status: 200, type: JSON_TYPE, body: `${JSON.stringify(statusOf(source))}\n` })],
  [
    '/metrics',
    async ({ metrics }) => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
  ],
]);

function readiness(source: AdminSource): Answer {
  return source.draining()
    ? { status: 503, type: TEXT, body: 'draining\n' }
    : { status: 200, type: TEXT, body: 'ready\n' };
}

/** Named one by one, so that nothing that a source carries besides is told. */
function statusOf(source: AdminSource): object {
  const { connections, rooms, pairings, relayedBytes } = source.snapshot();
  return {
    version: source.version,
    uptimeSeconds: source.uptimeSeconds(),
    draining: source.draining(),
    connections,
    rooms: { waiting: rooms.waiting, paired: rooms.paired, held: rooms.held },
    pairings,
    relayedBytes,
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  // Closes idle connections too; but one that has sent no request is not idle to Node, and its timeouts have ended.
  server.close();
  const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
}
