import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dial } from '../helpers/dial.js';
import { RelayUnreachable } from '../../src/transfer/line-errors.js';
import { openLine } from '../../src/client/open-line.js';
import type { TlsSettings } from '../../src/client/api.js';
import { systemRoots } from '../../src/client/tls-line.js';
import { createAuthority, selfSigned } from '../helpers/certificates.js';
import { noise, sha256 } from '../helpers/flow.js';
import { listening } from '../helpers/listening.js';
import { startRelay } from '../helpers/relay.js';
import { startTlsFront } from '../helpers/tls-front.js';

const authority = createAuthority();
const localhost = authority.issue(['localhost', '127.0.0.1']);
const ca = [authority.cert];
const DAY_MS = 86_400_000;

/** Why a line to there cannot be opened, as people read it. */
async function problem(port: number, host = 'localhost', tls: TlsSettings = { ca }) {
  const request = { code: '1234', role: 'sender' } as const;
  const error: unknown = await dial({ host, port, tls, request }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RelayUnreachable);
  expect((error as Error).message).not.toMatch(/openssl|error:|\n/i);
  return (error as Error).message;
}

const open = (port: number, trusted = ca) =>
  openLine({ host: 'localhost', port, tls: { ca: trusted } }, new AbortController().signal);

/** A server that answers whoever connects with these bytes, and closes. */
const answering = (bytes: Buffer | string, after: 'connect' | 'data') =>
  listening((socket) => {
    if (after === 'connect') socket.end(bytes);
    else socket.once('data', () => socket.end(bytes));
  });

describe('a line over TLS', () => {
  it.each(['localhost', '127.0.0.1'])('joins a room by %s, which it asks for by name only', async (host) => {
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, localhost);
    const request = { code: '1234', role: 'sender' } as const;
    const dialing = dial({ host, port: front.port, tls: { ca }, request });
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('1234:receiver\n');
    const line = await dialing;
    await line.write([Buffer.from('file')]);
    await line.end();
    expect(await receiver.finish()).toBe('fileDISCONNECT\n');
    expect(front.asked).toEqual([host === 'localhost' ? host : false]);
    line.abandon();
    await relay.untilEmpty();
  });

  it('gives every byte, in order, however late it is asked to go on, and stands still in between', async () => {
    const sent = noise(3_000_000);
    await using far = await answering(sent, 'connect');
    await using front = await startTlsFront(far.port, localhost);
    const line = await open(front.port);
    // Not copies: they must stay what they are, here for as long as the test lasts.
    const got: Uint8Array[] = [];
    let wanted = 0;
    const reader = { take: (chunk: Uint8Array) => void got.push(chunk) };
    do {
      expect(got.length).toBe(wanted);
      wanted += 1;
      if (wanted % 2 === 0) await sleep(1);
    } while (await line.read(reader));
    expect(sha256(Buffer.concat(got))).toBe(sha256(sent));
    line.abandon();
  });

  it('is reset, and not closed in order, where the wait for the other side is given up', async () => {
    const errors: unknown[] = [];
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, localhost);
    const near = createServer((socket) => {
      const far = relayTo(front.port, socket);
      socket.on('error', (error: NodeJS.ErrnoException) => {
        errors.push(error.code);
        far.destroy();
      });
    }).listen(0);
    await once(near, 'listening');
    const controller = new AbortController();
    const dialing = dial({
      host: 'localhost',
      port: (near.address() as AddressInfo).port,
      tls: { ca },
      request: { code: '1234', role: 'sender', retry: true },
      signal: controller.signal,
    });
    await relay.untilRooms({ waiting: 1 });
    controller.abort(new Error('stopped here'));
    await expect(dialing).rejects.toThrow('stopped here');
    await relay.untilEmpty();
    expect(errors).toEqual(['ECONNRESET']);
    near.close();
    await once(near, 'close');
  });

  it('is given up where a signal says so, or where nothing is heard', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const to = { host: 'localhost', port, tls: { ca }, request: { code: '1234', role: 'sender' } } as const;
    await expect(dial({ ...to, silenceMs: 50 })).rejects.toThrow('does not answer');
    const controller = new AbortController();
    const dialing = dial({ ...to, signal: controller.signal });
    server.once('connection', () => controller.abort(new Error('stopped here')));
    await expect(dialing).rejects.toThrow('stopped here');
    server.close();
    await once(server, 'close');
  });
});

/** Passes on both ways. */
function relayTo(port: number, near: Socket): Socket {
  const far = createConnection({ port, host: 'localhost' });
  far.on('error', () => near.destroy());
  near.pipe(far).pipe(near);
  return far;
}

describe('a certificate', () => {
  const soon = new Date(Date.now() + DAY_MS / 2);
  const before = new Date(Date.now() - DAY_MS / 2);
  it.each([
    [
      'that a stranger of the same name has signed',
      createAuthority().issue(['localhost']),
      'signed by nobody',
    ],
    ['that signs itself', selfSigned(['localhost']), 'signed by nobody'],
    ['that has expired', authority.issue(['localhost'], { until: before }), 'has expired'],
    ['that is not valid yet', authority.issue(['localhost'], { from: soon }), 'not valid yet'],
    ['for another name', authority.issue(['relay.example.com']), 'for another name'],
    ['for the address alone', authority.issue(['127.0.0.1']), 'for another name'],
  ])('%s is refused, before a byte of ours is sent', async (_name, issued, told) => {
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, issued);
    expect(await problem(front.port)).toContain(told);
    expect(relay.records.filter(({ role }) => role !== undefined)).toEqual([]);
  });

  it('for a name is refused to one who dials the address', async () => {
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, authority.issue(['localhost']));
    expect(await problem(front.port, '127.0.0.1')).toContain('for another name');
  });

  it('is checked against the roots of the system where no authority is named', async () => {
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, localhost);
    expect(await problem(front.port, 'localhost', {})).toContain('signed by nobody');
  });

  it('that signs itself is trusted where it is the one that was named', async () => {
    const own = selfSigned(['localhost']);
    await using relay = await startRelay();
    await using front = await startTlsFront(relay.port, own);
    (await open(front.port, [own.cert])).abandon();
  });
});

describe('what answers in place of a relay with TLS', () => {
  it('is a relay without TLS', async () => {
    await using relay = await startRelay();
    expect(await problem(relay.port)).toMatch(/speaks no TLS.*drop --tls/);
  });

  it.each([
    ['turns the address away', Buffer.of(0x15, 3, 3, 0, 2, 2, 49), /turns your address away/],
    ['closes', '', /closed the connection before TLS.*drop --tls/],
    [
      'speaks TLS of another kind',
      Buffer.of(0x15, 3, 3, 0, 2, 2, 70),
      /No TLS connection .*PROTOCOL_VERSION/,
    ],
  ])('%s, at once or when it has read', async (_name, bytes, told) => {
    for (const after of ['connect', 'data'] as const) {
      await using server = await answering(bytes, after);
      expect(await problem(server.port)).toMatch(told);
    }
  });
});

describe('the roots of the system', () => {
  it('are those of Node and those of the system, each once', () => {
    const stores = { default: ['a', 'extra'], system: ['a', 'ours'] };
    expect(systemRoots({ getCACertificates: (store) => stores[store] })).toEqual(['a', 'extra', 'ours']);
  });

  it('are left to Node where it cannot tell', () => {
    expect(systemRoots({})).toBeUndefined();
  });
});
