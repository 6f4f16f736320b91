import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { TlsWire } from '../wire/tls.js';
import { RecordRation } from './record-ration.js';
import { LOOK_MS, RecordWatch } from './record-watch.js';

/** A certificate and its key, as PEM. */
export interface Certificate {
  /** The relay's own first, then those that lead to its authority. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface TlsOptions extends Certificate {
  /** Refuse who comes without TLS. */
  readonly only?: boolean | undefined;
}

export type Secured = { readonly kind: 'secure'; readonly wire: TlsWire } | Unsecured;

type Unsecured =
  /** The other side speaks another TLS, or none, or does not trust the certificate. The connection is closed. */
  { readonly kind: 'failed' } | { readonly kind: 'timed-out' } | { readonly kind: 'lost' };

/**
 * What a TLS client is told that is refused before its handshake, which would cost the relay more than all the rest:
 * the fatal alert access_denied, as a record in the clear (RFC 8446, 5.1 and 6).
 */
export const ACCESS_DENIED = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x31]);

/** Takes connections into TLS. It listens nowhere. */
export class Tls {
  readonly only: boolean;
  readonly #server: Server;
  readonly #underWay = new WeakMap<Socket, (result: TLSSocket | Unsecured) => void>();
  readonly #ration = new RecordRation();
  readonly #watches = new Set<RecordWatch>();
  #looks: NodeJS.Timeout | undefined;

  /** @throws Node's error where certificate and key do not fit or cannot be read. */
  constructor({ cert, key, only = false }: TlsOptions, limits: { readonly highWaterMark: number }) {
    this.only = only;
    // Of two deadlines for one handshake now the one and now the other would be first: `secure` has it, Node has none.
    this.#server = createServer({ ...contextOf({ cert, key }), ...limits, handshakeTimeout: 0 });
    this.#server.on('secureConnection', (socket) => this.#settle(socket, socket));
    this.#server.on('tlsClientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
      this.#settle(socket, { kind: /^ERR_(SSL|TLS)_/.test(code) ? 'failed' : 'lost' });
    });
  }

  /** For connections from now on. @throws as the constructor does; then the old one stays. */
  renew(certificate: Certificate): void {
    this.#server.setSecureContext(contextOf(certificate));
  }

  /** The handshake. Where it does not come to a good end, the connection is to be closed, if it is not yet. */
  async secure(tcp: Socket, timeoutMs: number): Promise<Secured> {
    return await new Promise((resolve) => {
      const done = (result: TLSSocket | Unsecured): void => {
        clearTimeout(timer);
        tcp.off('close', onClose);
        this.#underWay.delete(tcp);
        if ('kind' in result) return resolve(result);
        result.allowHalfOpen = true;
        endAtError(result);
        resolve({ kind: 'secure', wire: new TlsWire(result, tcp, this.#watch(result, tcp)) });
      };
      const onClose = (): void => done({ kind: 'lost' });
      const timer = setTimeout(() => done({ kind: 'timed-out' }), timeoutMs);
      timer.unref();
      tcp.on('close', onClose);
      this.#underWay.set(tcp, done);
      // A FIN ends a handshake.
      tcp.allowHalfOpen = false;
      // The documented way in for a connection that somebody else has accepted.
      this.#server.emit('connection', tcp);
    });
  }

  #watch(socket: TLSSocket, tcp: Socket): RecordWatch {
    const watch = new RecordWatch(socket, tcp, this.#ration);
    this.#watches.add(watch);
    this.#looks ??= setInterval(() => {
      for (const each of this.#watches) each.look();
    }, LOOK_MS).unref();
    socket.on('close', () => {
      watch.close();
      this.#watches.delete(watch);
      if (this.#watches.size > 0) return;
      clearInterval(this.#looks);
      this.#looks = undefined;
    });
    return watch;
  }

  #settle(socket: TLSSocket, result: TLSSocket | Unsecured): void {
    // No documented name for it (v20 to v26). Addresses and ports would do, but are gone after a reset.
    const { _parent: tcp } = socket as { readonly _parent?: Socket };
    if (tcp !== undefined) this.#underWay.get(tcp)?.(result);
  }
}

/**
 * Node tells of an error within TLS that is up (a record that was altered, an alert, another handshake) and goes on with
 * the socket as if nothing had happened. Nothing that follows can be relied on: its 'close' is what is acted on.
 */
function endAtError(socket: TLSSocket): void {
  // A client that asks for another handshake (TLS 1.2) is told of as an error so, with none done: see `contextOf`.
  socket.disableRenegotiation();
  // Not at once: OpenSSL may be in the middle of a record of it.
  socket.on('error', () => void setImmediate(() => socket.destroy()));
}

function contextOf({ cert, key }: Certificate): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
}
