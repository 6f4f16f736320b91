import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { startProblem } from '../start-problem.js';
import type { Finding } from './finding.js';

const ANSWER_MS = 2_000;

/** Whether the relay could listen there, or one does already. */
export async function inspectPort(host: string | undefined, port: number): Promise<Finding> {
  const about = 'port';
  const problem = await listenProblem(host, port);
  if (problem === undefined) return { level: 'ok', about, text: `${port === 0 ? 'any' : port} is free.` };
  if ((problem as NodeJS.ErrnoException).code !== 'EADDRINUSE')
    return { level: 'fail', about, text: startProblem(problem, '', host ?? '') };
  if (await isRelay(host ?? '127.0.0.1', port))
    return { level: 'ok', about, text: `a relay listens on ${port} already.` };
  return {
    level: 'warn',
    about,
    text: `${port} is in use by what does not answer as a plain relay does. Another program? See --port.`,
  };
}

async function listenProblem(host: string | undefined, port: number): Promise<unknown> {
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
