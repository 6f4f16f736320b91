import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import type { StreamEnd, Wire } from './wire.js';

/** What of Node's handles is used here, where it is there. */
interface Handle {
  readonly reading?: boolean;
  readStart?(): number;
  readStop?(): number;
}

/** Is told of what is read. */
export interface ReadWatch {
  readonly isResting: boolean;
  took(bytes: number): void;
}

/** TLS in a TCP connection. (A TLS socket cannot be reset, and it switches off no keepalive that it did not switch on.) */
export class TlsWire implements Wire {
  readonly stream: TLSSocket;
  readonly tcp: Socket;
  readonly comes = 'records';
  /** Never: TLS may still have its own last words to write. */
  readonly isClosing = false;
  /** By its own close_notify, or by a mere FIN, which anyone on the path can forge to cut it short (RFC 8446, 6.1). */
  #end: StreamEnd = 'lost';

  /** To be made before anything has read the stream to its end. */
  constructor(tls: TLSSocket, tcp: Socket, watch: ReadWatch) {
    this.stream = tls;
    this.tcp = tcp;
    // Both come as 'end'. What tells them apart is gone by then, so it is looked at when Node learns of the end.
    const push = tls.push.bind(tls);
    tls.push = (chunk, encoding) => {
      if (chunk !== null) watch.took((chunk as Buffer).length);
      // (One that rests reads no FIN.)
      else this.#end = !watch.isResting && endsByFin(tcp) ? 'lost' : 'closed';
      return push(chunk, encoding);
    };
    // With records of its own on their way, as behind a handshake, Node would leave close_notify out before FIN.
    const final = tls._final.bind(tls);
    tls._final = (done) => void setImmediate(final, done);
  }

  get bytesWritten(): number {
    return this.stream.bytesWritten;
  }

  tellEnd(tell: (end: StreamEnd) => void): void {
    if (this.#end === 'closed') tell('closed');
    // Nothing can be made of the rest of such a connection: its 'close' tells.
    else this.stream.destroy();
  }

  reset(): void {
    this.tcp.resetAndDestroy();
  }
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
