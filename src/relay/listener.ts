import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { KEEPALIVE_MS, SOCKET_BUFFER_BYTES } from './wire/tcp.js';
import { openFilesLimit, RESERVED_FILES } from './open-files.js';

/** Connections that wait to be accepted. The kernel cuts it to its own limit (net.core.somaxconn). */
const BACKLOG = 65_535;

export interface RelayAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenerOptions {
  readonly onConnection: (socket: Socket) => void;
  /** One was closed without a word: there are no more open files. */
  readonly onDropped: (remoteAddress: string | undefined) => void;
  /** A fault while it listens. */
  readonly onFault: (error: Error) => void;
}

/** The listening socket of a relay. */
export class Listener {
  readonly #server: Server;
  #address: RelayAddress | undefined;
  /** Connections that it has not accepted itself. */
  #others = 0;

  constructor({ onConnection, onDropped, onFault }: ListenerOptions) {
    this.#server = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEPALIVE_MS,
        highWaterMark: SOCKET_BUFFER_BYTES,
      },
      onConnection,
    );
    this.#bound();
    this.#server.on('drop', (dropped) => onDropped(dropped?.remoteAddress));
    this.#server.on('error', (error) => {
      if (this.#address !== undefined) onFault(error);
    });
  }

  /** Undefined before it listens, and after it has stopped. */
  get address(): RelayAddress | undefined {
    return this.#address;
  }

  /** Its file descriptor, while it listens. */
  get fd(): number | undefined {
    const { _handle } = this.#server as Server & { readonly _handle?: { readonly fd?: number } | null };
    return this.#address === undefined ? undefined : _handle?.fd;
  }

  /** @throws the system's error where it cannot, and where it was closed before it could. */
  async listen(
    where: { readonly fd: number } | { readonly port: number; readonly host: string | undefined },
  ): Promise<RelayAddress> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      // Node then says nothing more of listening.
      const onClose = (): void => reject(new Error('closed before it listened'));
      server.once('error', reject).once('close', onClose);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject).off('close', onClose);
        resolve();
      });
    });
    const { address, port } = server.address() as AddressInfo;
    this.#address = { host: address, port };
    return this.#address;
  }

  /** One that another process has accepted takes an open file here as well. */
  count(socket: Socket): void {
    this.#others += 1;
    this.#bound();
    socket.once('close', () => {
      this.#others -= 1;
      this.#bound();
    });
  }

  /** Past this, the system's own limit is near, and a connection is closed without a word. */
  #bound(): void {
    this.#server.maxConnections = Math.max(1, openFilesLimit() - RESERVED_FILES - this.#others);
  }

  /** Nobody new gets in. Resolves when every connection is closed. */
  close(): Promise<void> {
    this.#address = undefined;
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
