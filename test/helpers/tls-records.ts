import { createCipheriv, createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { dialRelay } from './tls.js';

const ALERT = 21;
const HANDSHAKE = 22;
const STREAM = 23;

/** Writes TLS 1.3 records one by one, as no TLS client does (RFC 8446, 5.2, with AES_128_GCM_SHA256). */
export class RecordWriter {
  #secret: Buffer;
  #sequence = 0;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** A record of the stream; with so many zeros behind it, as padding. */
  stream(content: string | Buffer, padding = 0): Buffer {
    return this.#record(STREAM, Buffer.from(content), padding);
  }

  /** Asks for one of the other side as well (RFC 8446, 4.6.3). */
  keyUpdate(): Buffer {
    const record = this.#record(HANDSHAKE, Buffer.of(24, 0, 0, 1, 1));
    this.#secret = expand(this.#secret, 'traffic upd', 32);
    this.#sequence = 0;
    return record;
  }

  /** The end of the stream. */
  closeNotify(): Buffer {
    return this.#record(ALERT, Buffer.of(1, 0));
  }

  #record(type: number, content: Buffer, padding = 0): Buffer {
    const inner = Buffer.concat([content, Buffer.of(type), Buffer.alloc(padding)]);
    const length = inner.length + 16;
    const head = Buffer.of(0x17, 3, 3, length >> 8, length & 0xff);
    const nonce = Buffer.from(expand(this.#secret, 'iv', 12));
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence) >>> 0, 8);
    this.#sequence += 1;
    const cipher = createCipheriv('aes-128-gcm', expand(this.#secret, 'key', 16), nonce).setAAD(head);
    return Buffer.concat([head, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }
}

/** HKDF-Expand-Label without a context, for what is no longer than the hash (RFC 8446, 7.1). */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.of(0, length, name.length), name, Buffer.of(0, 1)]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** A connection whose TLS handshake is done, and that writes its own records from then on. It does not hear the relay. */
export async function dialRecords(
  port: number,
): Promise<{ readonly tcp: Socket; readonly records: RecordWriter }> {
  const tcp = await dialRelay(port);
  const way = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, next) => void tcp.write(chunk, () => next()),
  });
  const hear = (chunk: Buffer): void => void way.push(chunk);
  tcp.on('data', hear);
  const socket = connect({
    socket: way,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
  });
  let secret: Buffer | undefined;
  socket.on('keylog', (line: Buffer) => {
    const [, hex] = /^CLIENT_TRAFFIC_SECRET_0 \S+ (\S+)/.exec(line.toString()) ?? [];
    if (hex !== undefined) secret = Buffer.from(hex, 'hex');
  });
  await once(socket, 'secureConnect');
  if (secret === undefined) throw new Error('no secret was told');
  tcp.off('data', hear).on('error', () => undefined);
  tcp.resume();
  return { tcp, records: new RecordWriter(secret) };
}
