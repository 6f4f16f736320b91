import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { type Line, READ_BYTES } from './line.js';
import { systemRoots } from './roots.js';

/** How the relay's certificate is checked. */
export interface TlsSettings {
  /** Who may have signed it, in PEM; undefined: whom this machine trusts. */
  readonly ca?: readonly string[] | undefined;
}

const NOTHING = Buffer.alloc(0);

/**
 * A line over TLS, on a socket that is connected. It is usable after its `secureConnect`; where the relay cannot show that
 * it is this host, it fails instead.
 *
 * Its chunks come out of the stream's own buffers. Into one buffer that is used again they cannot be read: of what has
 * arrived Node decrypts all, also past the chunk that it was told to stand still behind.
 */
export function tlsLine(socket: Socket, host: string, { ca = systemRoots() }: TlsSettings): Line {
  const options: ConnectionOptions & { readonly highWaterMark: number } = {
    socket,
    ...(ca !== undefined && { ca: [...ca] }),
    // By name; to an address nothing is said, and it is checked all the same.
    ...(isIP(host) === 0 && { servername: host }),
    host,
    highWaterMark: READ_BYTES / 2,
  };
  const secured = connect(options);
  let take: ((chunk: Buffer) => void) | undefined;
  let unread: Buffer = NOTHING;
  // As a socket does, it reads before anybody asks.
  let isWanted = true;
  let isGiving = false;
  const give = (): void => {
    // One who asks for more out of `take` gets it when that is done.
    if (isGiving) return;
    isGiving = true;
    while (isWanted && take !== undefined) {
      const chunk = secured.read() as Buffer | null;
      if (chunk === null) break;
      isWanted = false;
      take(chunk);
    }
    isGiving = false;
  };
  secured.on('readable', give);
  return Object.assign(secured, {
    readBy(next: (chunk: Buffer) => void): void {
      take = next;
      const rest = unread;
      unread = NOTHING;
      if (rest.length > 0) next(rest);
      else give();
    },
    unread(rest: Buffer): void {
      unread = rest;
    },
    resume() {
      isWanted = true;
      give();
      return secured;
    },
    // Of its own it cannot: it is not the one that has the connection.
    resetAndDestroy() {
      socket.resetAndDestroy();
      return secured;
    },
  });
}
