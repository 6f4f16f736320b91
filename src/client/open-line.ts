import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Signal } from '../transfer/cancellation.js';
import type { Line } from '../transfer/line.js';
import type { RelayAddress } from './api.js';
import { KEEP_ALIVE_MS } from './socket-line.js';
import { TcpLine } from './tcp-line.js';
import { TlsLine } from './tls-line.js';

/**
 * Connects to a relay: a line that can be written to.
 * @throws what the socket or TLS throws, the signal's reason; no socket is left behind then
 */
export async function openLine({ host, port, tls }: RelayAddress, signal: Signal): Promise<Line> {
  const plain = tls === undefined ? new TcpLine() : undefined;
  const socket = plain?.socket ?? new Socket();
  let last = socket;
  const stop = (): void => void last.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop);
  try {
    // What becomes of it is looked at by the line, also where it fails before anybody asks.
    socket.on('error', () => undefined).connect({ host, port });
    await once(socket, 'connect');
    if (plain !== undefined) return plain;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    const secured = new TlsLine(socket, host, tls ?? {});
    last = secured.socket;
    await once(last, 'secureConnect');
    return secured;
  } catch (error) {
    last.destroy();
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
