import { isIP, type Socket } from 'node:net';
import * as nodeTls from 'node:tls';
import type { TlsSettings } from './api.js';
import { READ_BYTES, SocketLine } from './socket-line.js';

/**
 * A line over TLS, on a socket that is connected. It is usable after its socket's `secureConnect`; where the relay cannot
 * show that it is this host, it fails instead.
 *
 * Its chunks come out of the stream's own buffers. Into one buffer that is used again they cannot be read: of what has
 * arrived Node decrypts all, also past the chunk that it was told to stand still behind.
 */
export class TlsLine extends SocketLine {
  /** The one that has the connection: a socket of TLS cannot reset of its own. */
  readonly #carrier: Socket;
  #isWanted = false;
  #isGiving = false;

  constructor(carrier: Socket, host: string, { ca = systemRoots() }: TlsSettings) {
    const options: nodeTls.ConnectionOptions & { readonly highWaterMark: number } = {
      socket: carrier,
      ...(ca !== undefined && { ca: [...ca] }),
      // By name; to an address nothing is said, and it is checked all the same.
      ...(isIP(host) === 0 && { servername: host }),
      host,
      highWaterMark: READ_BYTES / 2,
    };
    super(nodeTls.connect(options));
    this.#carrier = carrier;
    this.socket.on('readable', () => this.#giveWanted());
  }

  protected override demand(): void {
    this.#isWanted = true;
    this.#giveWanted();
  }

  protected override reset(): void {
    this.#carrier.resetAndDestroy();
  }

  #giveWanted(): void {
    // One who asks for more while it is given gets it when that is done.
    if (this.#isGiving) return;
    this.#isGiving = true;
    while (this.#isWanted) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk === null) break;
      this.#isWanted = false;
      this.give(chunk);
    }
    this.#isGiving = false;
  }
}

/** What Node 22.15 and later can tell; the types here know no more than the oldest that is supported. */
interface Stores {
  readonly getCACertificates?: (store: 'default' | 'system') => string[];
}

/**
 * Whom this machine trusts, in PEM: whom Node does (NODE_EXTRA_CA_CERTS among them), and the system's own store.
 * Undefined where Node cannot tell: it takes those that it has come with, and the extra ones.
 */
export function systemRoots(
  { getCACertificates }: Stores = nodeTls as Stores,
): readonly string[] | undefined {
  if (getCACertificates === undefined) return undefined;
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}
