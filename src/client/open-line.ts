import { once } from 'node:events';
import { Socket } from 'node:net';
import type { RelayAddress } from './api.js';
import { KEEP_ALIVE_MS, type Line, PlainLine } from './line.js';
import { tlsLine } from './tls-line.js';

// What becomes of a line is looked at by whoever holds it, also where it fails before that one listens.
const ignore = (): void => undefined;

/**
 * Connects to a relay: a line that can be written to.
 * @throws what the socket or TLS throws, the signal's reason; no socket is left behind then
 */
export async function openLine({ host, port, tls }: RelayAddress, signal: AbortSignal): Promise<Line> {
  const plain = tls === undefined ? new PlainLine() : undefined;
  const socket = plain ?? new Socket();
  let line = socket;
  const stop = (): void => void line.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop);
  try {
    socket.on('error', ignore).connect({ host, port });
    await once(socket, 'connect');
    if (plain !== undefined) return plain;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    const secured = tlsLine(socket, host, tls ?? {});
    line = secured.on('error', ignore);
    await once(secured, 'secureConnect');
    return secured;
  } catch (error) {
    line.destroy();
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
