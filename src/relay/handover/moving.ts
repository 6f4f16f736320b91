import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { KEEPALIVE_MS, SOCKET_BUFFER_BYTES } from '../wire/tcp.js';

interface Handle {
  reading: boolean;
  readStart(): number;
  readStop(): number;
}

/**
 * Whether a socket can go to another process: an open one of plain TCP, with nothing to write. (The state of TLS is here.)
 * Node has no public way to stop the reads of a handle for good; without it, what is read on the way would be lost.
 */
export function isDetachable(socket: Duplex): boolean {
  const isIdle = !socket.destroyed && socket.writableLength === 0;
  return isIdle && socket.constructor === Socket && handleOf(socket) !== undefined;
}

/** Takes out what was read, and reads no more. From here on, the socket is good for being sent, and nothing else. */
export function detach(socket: Socket): Buffer {
  // The server that accepted it would wait for the other process to close it.
  Reflect.set(socket, 'server', undefined);
  socket.pause();
  const chunks: Buffer[] = [];
  for (let chunk = read(socket); chunk !== null; chunk = read(socket)) chunks.push(chunk);
  const handle = handleOf(socket);
  if (handle !== undefined) {
    handle.readStop();
    // Believing that it reads, the socket does not start it again.
    handle.reading = true;
  }
  return Buffer.concat(chunks);
}

/** Holds what a socket reads that has just come: Node starts it at once, and would emit 'end' to nobody. */
export function hold(socket: Socket): void {
  handleOf(socket)?.readStop();
}

/** Lets a held socket read. From here on it is as one that was accepted here; what the system keeps of it came along. */
export function attach(socket: Socket, head: Uint8Array = new Uint8Array()): Socket {
  socket.allowHalfOpen = true;
  // It came with Node's own, which is several times as much.
  const { _readableState: state } = socket as Socket & { readonly _readableState?: object };
  if (state !== undefined) Reflect.set(state, 'highWaterMark', SOCKET_BUFFER_BYTES);
  // Probed it is already. But Node switches off only what it knows to be on.
  socket.setKeepAlive(true, KEEPALIVE_MS);
  if (head.length > 0) socket.unshift(head);
  handleOf(socket)?.readStart();
  return socket;
}

function handleOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Partial<Handle> | null };
  return typeof handle?.readStop === 'function' ? (handle as Handle) : undefined;
}

function read(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}
