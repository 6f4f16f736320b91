import type { Socket } from 'node:net';
import type { StreamEnd, Wire } from './wire.js';

/** How often a connection that waits is probed, in milliseconds: finds peers that vanished without a word. */
export const KEEPALIVE_MS = 30_000;

/**
 * What a socket that is paused holds before it stops reading. Little: the inlet is the buffer, and here each packet of
 * one byte costs some 350 bytes. Not less than this: with 4 KiB, bulk throughput fell by a quarter in the benchmark.
 */
export const SOCKET_BUFFER_BYTES = 8 * 1024;

/** Plain TCP: the stream is the socket. */
export class TcpWire implements Wire {
  readonly stream: Socket;
  readonly comes = 'raw';

  constructor(socket: Socket) {
    this.stream = socket;
  }

  get tcp(): Socket {
    return this.stream;
  }

  get bytesWritten(): number {
    return this.stream.bytesWritten;
  }

  get isClosing(): boolean {
    const { readableEnded, writableEnded, writableLength } = this.stream;
    return readableEnded && writableEnded && writableLength === 0;
  }

  /**
   * A reset right behind data comes out of libuv as a plain end. An empty write tells the two apart. Where other writes
   * stand before it they fail instead, within the same turn of the event loop; once our own FIN was sent, nothing tells.
   */
  tellEnd(tell: (end: StreamEnd) => void): void {
    const { stream } = this;
    const finish = (failed: boolean): void => tell(failed ? 'lost' : 'closed');
    if (stream.writableEnded || stream.writableLength > 0)
      setImmediate(() => finish(stream.errored !== null));
    else stream.write('', (error) => finish(error instanceof Error));
  }

  reset(): void {
    this.stream.resetAndDestroy();
  }
}
