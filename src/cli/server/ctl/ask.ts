import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CtlRequest } from './command-line.js';

/** How long a relay may say nothing, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** In an upgrade there is no socket for a moment: it is the old relay's no more, and not yet the new one's. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 50;

export type Reply = Readonly<Record<string, unknown>>;

/** A command that was not carried out; the message is for people, in one line. */
export class CtlError extends Error {}

/**
 * Asks a relay.
 * @returns its answer, object by object
 * @throws {CtlError}
 */
export async function* ask(asked: CtlRequest, timeoutMs = TIMEOUT_MS): AsyncGenerator<Reply> {
  const { action, path } = asked;
  let response: IncomingMessage | undefined;
  try {
    response = await responseTo(asked, timeoutMs);
    for await (const reply of repliesOf(response, path)) {
      if (response.statusCode !== 200) throw new CtlError(refusalOf(reply, action, path));
      yield reply;
    }
    if (!response.complete) throw new CtlError(`the relay at ${path} ended in the middle of its answer.`);
  } catch (error) {
    throw error instanceof CtlError ? error : new CtlError(problemOf(error, path), { cause: error });
  } finally {
    response?.destroy();
  }
}

/** Asks again for a while where nobody listens: then nobody has heard anything, either. */
async function responseTo(asked: CtlRequest, timeoutMs: number): Promise<IncomingMessage> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const outgoing = send(asked, timeoutMs);
    try {
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      // An error of the request that comes later is the response's too.
      outgoing.on('error', () => undefined);
      return response;
    } catch (error) {
      if (!isAbsent(error) || !existsSync(dirname(asked.path)) || performance.now() > deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}

function send({ action, method, parameters, path }: CtlRequest, timeoutMs: number): ClientRequest {
  const query = new URLSearchParams(parameters).toString();
  const outgoing = request({
    socketPath: path,
    path: `/${action}${query === '' ? '' : `?${query}`}`,
    method,
    agent: false,
    timeout: timeoutMs,
  });
  outgoing.on('timeout', () => outgoing.destroy(new CtlError(`the relay at ${path} does not answer.`)));
  return outgoing.end();
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function* repliesOf(response: IncomingMessage, path: string): AsyncGenerator<Reply> {
  // (Not node:readline, which lets an error of its input end the process.)
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parsed(line, path);
  }
  if (rest !== '') yield parsed(rest, path);
}

function parsed(line: string, path: string): Reply {
  try {
    const reply: unknown = JSON.parse(line);
    if (typeof reply === 'object' && reply !== null) return reply as Reply;
  } catch {
    // Said below.
  }
  throw new CtlError(`what answers at ${path} is no relay of this kind.`);
}

function refusalOf({ error, message, rooms }: Reply, action: string, path: string): string {
  switch (error) {
    case 'unknown-command':
    case 'unknown-parameter':
      return `the relay at ${path} does not know this ${error === 'unknown-command' ? 'command' : 'option'} of ${action}. It is older than this program: restart it.`;
    case 'ambiguous':
      return `${String(message)}: ${Array.isArray(rooms) ? rooms.join(', ') : ''}. Give more of it.`;
    default:
      return `${String(message ?? error)}.`;
  }
}

function problemOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `no relay is commanded at ${path}. Does it run, and with --control? Name its path with --control here too.`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to use ${path}. Run this as root, or as the relay's user.`;
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return `the relay at ${path} ended in the middle of its answer.`;
    default:
      return `cannot use ${path}: ${message}.`;
  }
}
