import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeHttpServer, createHttpServer } from './http-server.js';
import { isOwnName } from './host-header.js';

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
  /** Beside localhost and IP addresses, the only name that requests are answered by. */
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
  /** Resolves when the port is free and no connection is left; answers under way get half a second. */
  close(): Promise<void>;
}

const TEXT = 'text/plain; charset=utf-8';
const OTHER_NAME = 'no name of this server: ask for its IP address, localhost, or what --admin-host names\n';
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
  const server = createHttpServer({
    respond: (request, response) => void respond(request, response, options),
    requestTimeoutMs: options.requestTimeoutMs,
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return { host: address.address, port: address.port, close: () => (closing ??= closeHttpServer(server)) };
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

async function answer(request: IncomingMessage, { host, source, onError }: AdminOptions): Promise<Answer> {
  if (!isOwnName(request.headers.host, host)) return { status: 421, type: TEXT, body: OTHER_NAME };
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
