import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { answerTo, type ControlSource } from './commands.js';
import { closeHttpServer, createHttpServer } from '../http/http-server.js';
import { listenPrivately } from './private-socket.js';

export interface ControlOptions {
  /** Of the Unix socket. Its directory must be there. */
  readonly path: string;
  readonly source: ControlSource;
  /** Told why a command was answered by an end, and no more. */
  readonly onError?: (error: unknown) => void;
  /** For a whole request to arrive, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

export interface Control {
  readonly path: string;
  /** Its file is gone at once. Resolves when no connection is left. */
  close(): Promise<void>;
}

/** Who asked does not read the answer any more. */
const GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'EPIPE', 'ECONNRESET']);

/** Lines that are made in one turn of the event loop: a hundred thousand rooms must not hold up the transfers. */
const BATCH = 100;

/**
 * Serves the operator's commands: HTTP over a Unix socket that only this process's user can open.
 * @throws an error for people, where it cannot listen
 */
export async function startControl({
  path,
  source,
  onError,
  requestTimeoutMs,
}: ControlOptions): Promise<Control> {
  const server = createHttpServer({
    respond: (request, response) => {
      respond(request, response, source).catch((error: unknown) => {
        if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) onError?.(error);
        // Whatever was begun is not whole.
        response.destroy();
      });
    },
    requestTimeoutMs,
  });
  const socket = await listenPrivately(server, path);
  let closing: Promise<void> | undefined;
  return {
    path,
    close() {
      socket.remove();
      return (closing ??= closeHttpServer(server));
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  source: ControlSource,
): Promise<void> {
  const answer = await answerTo(request, source);
  response.writeHead(answer.status, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
  await pipeline(Readable.from(inBatches(answer.lines)), response);
}

async function* inBatches(lines: Iterable<object>): AsyncGenerator<string> {
  let batch = '';
  let count = 0;
  for (const line of lines) {
    batch += `${JSON.stringify(line)}\n`;
    count += 1;
    if (count % BATCH !== 0) continue;
    yield batch;
    batch = '';
    await setImmediate();
  }
  yield batch;
}
