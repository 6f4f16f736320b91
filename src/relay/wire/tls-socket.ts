import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';

const TCP = Symbol('tcp');
const END = Symbol('end');

/** What is known of a socket that is TLS. */
interface Secured {
  [TCP]?: Socket;
  [END]?: 'closed' | 'lost';
}

/** What of Node's handles is used here, where it is there. */
interface Handle {
  readonly reading?: boolean;
  readStart?(): number;
  readStop?(): number;
}

/**
 * The TCP connection of a socket: of a plain one, it is itself. A TLS socket cannot be reset, and it switches off no
 * keepalive that it did not switch on.
 */
export function tcpOf(socket: Socket): Socket {
  return (socket as Secured)[TCP] ?? socket;
}

export function isSecured(socket: Socket): boolean {
  return tcpOf(socket) !== socket;
}

/**
 * How a stream was over that TLS told the end of: by its own close_notify, or by a mere FIN, which anyone on the path
 * can forge to cut it short (RFC 8446, 6.1). Undefined for a plain socket, and before the end.
 */
export function endOf(socket: Socket): 'closed' | 'lost' | undefined {
  return (socket as Secured)[END];
}

/** Is told of what is read. */
interface Watch {
  readonly isResting: boolean;
  took(bytes: number): void;
}

/** To be called on a TLS socket before anything has read it to its end. */
export function secured(tls: TLSSocket, tcp: Socket, watch: Watch): void {
  const socket: TLSSocket & Secured = tls;
  socket[TCP] = tcp;
  // Both come as 'end'. What tells them apart is gone by then, so it is looked at when Node learns of the end.
  const push = socket.push.bind(socket);
  socket.push = (chunk, encoding) => {
    if (chunk !== null) watch.took((chunk as Buffer).length);
    // (One that rests reads no FIN.)
    else socket[END] = !watch.isResting && endsByFin(tcp) ? 'lost' : 'closed';
    return push(chunk, encoding);
  };
  // With records of its own on their way, as behind a handshake, Node would leave close_notify out before FIN.
  const final = socket._final.bind(socket);
  socket._final = (done) => void setImmediate(final, done);
}

/**
 * Whether TCP has just come to its end. Reading has stopped then, without a word to Node, so that it can be started again;
 * within the bytes of a close_notify it still goes on, or it was Node that stopped it.
 */
function endsByFin(tcp: Socket): boolean {
  const { _handle: handle } = tcp as unknown as { readonly _handle?: Handle | null };
  if (handle?.reading !== true || handle.readStart === undefined) return false;
  const code = handle.readStart();
  if (code === 0) handle.readStop?.();
  return code === 0 || getSystemErrorName(code) !== 'EALREADY';
}
