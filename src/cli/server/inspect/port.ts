import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { listenProblem } from '../start-problems.js';
import type { Finding } from './finding.js';
import { placeOf, type SocketUnit } from './socket-unit.js';

const ANSWER_MS = 2_000;

/**
 * Whether the relay could listen there, or one does already.
 * @param unit a socket unit, whose port counts in place of this one as long as it is active
 */
export async function inspectPort(
  host: string | undefined,
  port: number,
  unit?: SocketUnit,
): Promise<Finding> {
  const about = 'port';
  if (unit?.isActive === true) return await inspectHeld(about, unit);
  const problem = await tryToListen(host, port);
  if (problem === undefined) return { level: 'ok', about, text: `${port === 0 ? 'any' : port} is free.` };
  if ((problem as NodeJS.ErrnoException).code !== 'EADDRINUSE')
    return { level: 'fail', about, text: listenProblem(problem, '', host ?? '') };
  if (await isRelay(host ?? '127.0.0.1', port))
    return { level: 'ok', about, text: `a relay listens on ${port} already.` };
  return {
    level: 'warn',
    about,
    text: `${port} is in use by what does not answer as a plain relay does. Another program? See --port.`,
  };
}

/** A port that the service manager holds is not taken: it is for the relay. */
async function inspectHeld(about: string, unit: SocketUnit): Promise<Finding> {
  const { host, port } = placeOf(unit) ?? { host: '' };
  const held = `${port ?? 'the port'} is held by the socket unit`;
  // A connection would start the relay, and whoever only looks leaves that alone.
  if (!unit.hasRelay || port === undefined)
    return { level: 'ok', about, text: `${held}: the first connection starts the relay.` };
  if (await isRelay(host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port))
    return { level: 'ok', about, text: `${held}, and a relay listens on it.` };
  return {
    level: 'warn',
    about,
    text: `${held}, and its service does not answer as a plain relay does. See journalctl -u relay-server.`,
  };
}

async function tryToListen(host: string | undefined, port: number): Promise<unknown> {
  const server = createServer();
  try {
    server.listen({ port, host });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    server.close();
  }
}

/** Asked by an empty line: it counts against nobody. */
async function isRelay(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: ANSWER_MS });
  socket.on('timeout', () => socket.destroy());
  socket.end('\n');
  let answer = '';
  try {
    for await (const chunk of socket) answer += String(chunk);
  } catch {
    // It hung up: what it said until then is its answer.
  }
  return answer.startsWith('Invalid handshake: ');
}
