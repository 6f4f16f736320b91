import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;

const connects = (port, host) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Asks until somebody listens there: for a server that does not say when it does. */
export async function untilAnswered(port, host, { timeoutMs }) {
  const deadline = performance.now() + timeoutMs;
  while (!(await connects(port, host)) && performance.now() < deadline) await sleep(PAUSE_MS);
  return port;
}
