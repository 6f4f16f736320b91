import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { connect as connectTls, TLSSocket } from 'node:tls';

/** Where a certificate of the tests is, and its key. */
export function certificateFiles(name: '' | 'renewed-' = ''): {
  readonly cert: string;
  readonly key: string;
} {
  const file = (kind: string): string =>
    fileURLToPath(new URL(`../fixtures/tls/test-only-${name}${kind}.pem`, import.meta.url));
  return { cert: file('cert'), key: file('key') };
}

function read(name: '' | 'renewed-'): { readonly cert: string; readonly key: string } {
  const { cert, key } = certificateFiles(name);
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

/** For localhost, signed by itself, good for a hundred years. */
export const CERTIFICATE = read('');
/** Another one, whose subject is `renewed`. */
export const RENEWED = read('renewed-');

const TCP = Symbol('tcp');

type Version = true | 'TLSv1.2' | 'TLSv1.3';

export interface DialOptions {
  readonly host?: string | undefined;
  /** Another source address: all of 127.0.0.0/8 is this machine. */
  readonly localAddress?: string | undefined;
  /** Over TLS, and in which version; true is the newest. */
  readonly tls?: Version | undefined;
  /** Written before TLS begins. */
  readonly before?: Buffer | undefined;
}

/** A plain socket that may be half-open, on its way to be connected. */
export function openRelay(port: number, { host = '127.0.0.1', localAddress }: DialOptions = {}): Socket {
  return connect({ port, host, allowHalfOpen: true, noDelay: true, ...(localAddress && { localAddress }) });
}

/** A socket that may be half-open, connected; over TLS, with its handshake done. */
export async function dialRelay(port: number, options: DialOptions = {}): Promise<Socket> {
  const { tls, before } = options;
  const tcp = openRelay(port, options);
  await once(tcp, 'connect');
  if (before !== undefined) tcp.write(before);
  return tls === undefined ? tcp : await shakeHands(tcp, tcp, tls);
}

/** TLS whose connection can be ended by FIN alone, as nobody does who means it: `tcpUnder(…).end()`. */
export async function dialCuttable(port: number, version: Version = true): Promise<Socket> {
  const tcp = await dialRelay(port);
  return await shakeHands(through(tcp), tcp, version);
}

/** What TLS is put on to leave its connection to us. */
function through(tcp: Socket): Duplex {
  const way = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, next) => void tcp.write(chunk, () => next()),
    final: (done) => void tcp.end(done),
  });
  tcp.on('data', (chunk: Buffer) => way.push(chunk));
  tcp.on('end', () => way.push(null));
  return way;
}

/** The name in the certificate that a client was shown. */
export function subjectOf(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) throw new Error('this socket is not TLS');
  return String(socket.getPeerCertificate().subject.CN);
}

/** The TCP connection of a client's socket. */
export function tcpUnder(socket: Socket): Socket {
  return (socket as { [TCP]?: Socket })[TCP] ?? socket;
}

async function shakeHands(way: Duplex, tcp: Socket, version: Version): Promise<TLSSocket> {
  const socket = overTls(way, tcp, version);
  await once(socket, 'secureConnect');
  return socket;
}

/** Begins a handshake, and does not wait for its end. */
export function overTls(way: Duplex, tcp: Socket, version: Version = true): TLSSocket {
  const socket: TLSSocket & { [TCP]?: Socket } = connectTls({
    socket: way,
    ca: [CERTIFICATE.cert, RENEWED.cert],
    servername: 'localhost',
    ...(version !== true && { minVersion: version, maxVersion: version }),
  });
  socket[TCP] = tcp;
  return socket;
}
