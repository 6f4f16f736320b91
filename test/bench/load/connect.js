import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { CERTIFICATE } from '../subjects/relay-server-tls.js';

/** @returns `ready`: the event after which it can be written to */
export const connectPlainly = (options) => ({ socket: net.connect(options), ready: 'connect' });

/**
 * Connects as this side of the subject does: over TCP, or over TLS.
 * @param {import('../subjects/index.js').Subject} subject
 * @param {'sender' | 'receiver'} role
 * @param {net.TcpNetConnectOpts} options
 */
export function connectTo(subject, role, options) {
  if (!subject.tls?.includes(role)) return connectPlainly(options);
  return { socket: tls.connect({ ...options, ca: readFileSync(CERTIFICATE) }), ready: 'secureConnect' };
}
