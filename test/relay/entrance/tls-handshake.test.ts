import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Client } from '../../helpers/client.js';
import { headerV1 } from '../../helpers/proxy-headers.js';
import { startRelay } from '../../helpers/relay.js';
import { CERTIFICATE, dialCuttable, dialRelay } from '../../helpers/tls.js';

const TLS = { tls: CERTIFICATE };
const ONLY = { tls: { ...CERTIFICATE, only: true } };
const OVER = { tls: true } as const;
const NO_ROOM = 'Invalid code or key. You have 2 tries remaining before this code is blocked.\n';
/** RFC 8446, 6: a record of an alert, fatal, access_denied. */
const ACCESS_DENIED = '15030300020231';

/** The first thing that a TLS client writes. */
async function clientHello(): Promise<Buffer> {
  return await new Promise((resolve) => {
    const through = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(chunk) });
    connectTls({ socket: through }).on('error', () => undefined);
  });
}

/** How a client's TLS handshake fails: the name of the alert, as OpenSSL calls it. */
async function failure(tcp: Socket): Promise<string | undefined> {
  const socket = connectTls({ socket: tcp, ca: [CERTIFICATE.cert], servername: 'localhost' });
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  tcp.destroy();
  return error.code;
}

describe('a line over TLS', () => {
  it.each([
    ['crlf_line', 'abc:receiver\r\n', NO_ROOM],
    ['max_length_line', `abc:receiver${':'.repeat(243)}\n`, 'Invalid handshake: unknown option.\n'],
    [
      'oversize_line',
      `abc:receiver${':'.repeat(245)}`,
      'Invalid handshake: the line is longer than 256 bytes.\n',
    ],
    ['empty_line', '\n', 'Invalid handshake: the line is empty.\n'],
    ['http_get', 'GET / HTTP/1.1\r\n\r\n', 'Invalid handshake: expected code:role.\n'],
    ['status', 'abc:receiver:status\n', `ERROR invalid-code ${NO_ROOM}`],
    ['TLS in TLS', '\x16\x03\x01\n', 'Invalid handshake: only printable ASCII is allowed.\n'],
  ])('%s: has the same answer as without', async (_name, line, answer) => {
    await using relay = await startRelay(TLS);
    expect(await relay.ask(Buffer.from(line, 'latin1'), OVER)).toBe(answer);
  });

  it('split_every_byte', async () => {
    await using relay = await startRelay(TLS);
    const client = await relay.connect(undefined, OVER);
    for (const byte of 'abc:receiver\n') {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.finish()).toBe(NO_ROOM);
  });

  it('fin_before_newline: by its own end, and by FIN alone', async () => {
    await using relay = await startRelay(TLS);
    const client = await relay.connect('abc:sen', OVER);
    client.end();
    expect(await client.untilClosed()).toBe('Invalid handshake: the line does not end in a line feed.\n');
    using cut = Client.of(await dialCuttable(relay.port));
    cut.write('abc:sender');
    cut.socket.destroy();
    const silent = await relay.connect(undefined, OVER);
    silent.end();
    expect(await silent.untilClosed()).toBe('');
  });

  it('silent_connect: is told at the deadline', async () => {
    await using relay = await startRelay({ ...TLS, handshakeTimeoutMs: 1000 });
    const client = await relay.connect(undefined, OVER);
    expect(await client.finish()).toBe('Handshake timed out.\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'handshake-timeout' }]);
  });
});

describe('a TLS handshake', () => {
  it('byte by byte is one', async () => {
    await using relay = await startRelay(TLS);
    const tcp = await dialRelay(relay.port);
    const through = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, next) {
        const drip = (at: number): void => {
          if (at === chunk.length) return next();
          tcp.write(chunk.subarray(at, at + 1));
          setImmediate(drip, at + 1);
        };
        drip(0);
      },
    });
    tcp.on('data', (chunk: Buffer) => through.push(chunk));
    const socket = connectTls({ socket: through, ca: [CERTIFICATE.cert], servername: 'localhost' });
    await once(socket, 'secureConnect');
    socket.write('abc:receiver\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe(NO_ROOM);
    tcp.destroy();
  });

  it('that is slow ends at the deadline, which no byte puts off', async () => {
    await using relay = await startRelay({ ...TLS, handshakeTimeoutMs: 300 });
    const hello = await clientHello();
    const half = await relay.connect(hello.subarray(0, 100));
    const dripping = await relay.connect(hello.subarray(0, 1));
    let at = 1;
    const drip = setInterval(() => dripping.write(hello.subarray(at, (at += 1))), 20);
    for (const client of [half, dripping]) await client.until(({ ended, closed }) => ended || closed);
    clearInterval(drip);
    await relay.untilEmpty();
    expect([half.text, dripping.text]).toEqual(['', '']);
    expect(relay.records).toMatchObject([{ ending: 'handshake-timeout' }, { ending: 'handshake-timeout' }]);
  });

  it('of many that never end has one ending, always the same', async () => {
    await using relay = await startRelay({ ...TLS, handshakeTimeoutMs: 200 });
    const hello = await clientHello();
    const begun = hello.subarray(0, 100);
    const clients = await Promise.all(Array.from({ length: 40 }, () => relay.connect(begun)));
    await Promise.all(clients.map((client) => client.until(({ ended, closed }) => ended || closed)));
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(Array(40).fill('handshake-timeout'));
  });

  it('that is none is an invalid handshake, and says nothing of OpenSSL', async () => {
    await using relay = await startRelay(TLS);
    const record = Buffer.concat([Buffer.from([0x16, 3, 1, 0, 50]), Buffer.alloc(50, 0x2a)]);
    const client = await relay.connect(record);
    await client.until(({ ended, closed }) => ended || closed);
    // At most an alert.
    expect(client.bytes.length).toBeLessThanOrEqual(7);
    client.end();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'invalid-handshake', source: '127.0.0.1' }]);
  });

  it('of TLS 1.1 is an invalid handshake', async () => {
    await using relay = await startRelay(TLS);
    const socket = connectTls({
      socket: await dialRelay(relay.port),
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      // Else this side does not even try.
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await once(socket, 'error');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'invalid-handshake' }]);
  });

  it('that ends in FIN or a reset is over at once', async () => {
    await using relay = await startRelay(TLS);
    const hello = await clientHello();
    const fin = await relay.connect(hello.subarray(0, 50));
    fin.end();
    await fin.untilClosed();
    const reset = await relay.connect(hello.subarray(0, 10));
    await expect.poll(() => relay.open()).toBe(1);
    reset.reset();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'lost' }, { ending: 'lost' }]);
  });

  it('at a relay without TLS is what it was: an invalid line, or the deadline', async () => {
    await using relay = await startRelay({ handshakeTimeoutMs: 300 });
    const client = await relay.connect(await clientHello());
    expect(await client.untilEnd()).toMatch(/^(Invalid handshake: .*|Handshake timed out)\.\n$/);
  });
});

describe('with TLS only', () => {
  it('a plain client is told so, and one with TLS comes in', async () => {
    await using relay = await startRelay(ONLY);
    expect(await relay.ask('abc:receiver\n')).toBe('Invalid handshake: this relay takes TLS only.\n');
    expect(await relay.ask('abc:receiver\n', OVER)).toBe(NO_ROOM);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'invalid-handshake' }, { ending: 'invalid-code' }]);
  });

  it('one that says nothing is as ever', async () => {
    await using relay = await startRelay({ ...ONLY, handshakeTimeoutMs: 1000 });
    const [silent, scan] = [await relay.connect(), await relay.connect()];
    scan.end();
    expect(await scan.untilClosed()).toBe('');
    expect(await silent.finish()).toBe('Handshake timed out.\n');
  });
});

describe('a refusal before the handshake', () => {
  it('costs none: a TLS client gets an alert in the clear, a plain one its sentence', async () => {
    await using relay = await startRelay({ ...TLS, rateLimitIp: 1 });
    await relay.ask('x\n');
    const raw = await relay.connect(await clientHello());
    await raw.untilEnd();
    expect(raw.bytes.toString('hex')).toBe(ACCESS_DENIED);
    expect(await failure(await dialRelay(relay.port))).toBe('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
    expect(await relay.ask('abc:sender\n')).toMatch(/^Rate limit exceeded for IP\./);
    raw.end();
    await relay.untilEmpty();
    expect(relay.records.slice(1).map(({ ending }) => ending)).toEqual(Array(3).fill('rate-limited'));
  });

  it('waits for no byte for long', async () => {
    await using relay = await startRelay({ ...TLS, rateLimitIp: 1 });
    await relay.ask('x\n');
    const silent = await relay.connect();
    expect(await silent.finish()).toMatch(/^Rate limit exceeded for IP\./);
  });

  it('of a full relay, behind a proxy as well', async () => {
    await using relay = await startRelay({ ...TLS, maxConnections: 1, proxyProtocol: ['127.0.0.2'] });
    await relay.connect('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    expect(await failure(await dialRelay(relay.port))).toBe('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
    const before = headerV1('203.0.113.9');
    const proxied = await dialRelay(relay.port, { localAddress: '127.0.0.2', before });
    expect(await failure(proxied)).toBe('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
  });

  it('of a proxy that sends no header before it', async () => {
    await using relay = await startRelay({ ...TLS, proxyProtocol: ['127.0.0.2'] });
    const headless = await dialRelay(relay.port, { localAddress: '127.0.0.2' });
    expect(await failure(headless)).toBe('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
  });

  it('that comes while one is under way is said within TLS', async () => {
    await using relay = await startRelay(TLS);
    const tcp = await dialRelay(relay.port);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let writes = 0;
    // Its second write ends the handshake, and waits until the relay has begun to stop.
    const through = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, next) {
        writes += 1;
        void (writes === 1 ? Promise.resolve() : released).then(() => tcp.write(chunk, () => next()));
      },
    });
    const answered = new Promise<void>((resolve) => {
      tcp.on('data', (chunk: Buffer) => {
        through.push(chunk);
        resolve();
      });
    });
    tcp.on('end', () => through.push(null));
    const socket = connectTls({ socket: through, ca: [CERTIFICATE.cert], servername: 'localhost' });
    using client = Client.of(socket);
    await answered;
    const closing = relay.relay.close();
    release();
    expect(await client.untilEnd()).toBe('Server is shutting down.\n');
    tcp.destroy();
    await closing;
    expect(relay.records).toMatchObject([{ ending: 'shutting-down' }]);
  });
});
