import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { startAdmin } from '../../../src/ops/http/admin.js';
import type { Admin, AdminOptions, AdminSource } from '../../../src/ops/http/admin.js';

const opened: Admin[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((admin) => admin.close()));
});

function sourceOf(changes: Partial<AdminSource> = {}): AdminSource {
  return {
    version: '1.2.3',
    uptimeSeconds: () => 42,
    draining: () => false,
    snapshot: () => ({
      connections: 1,
      rooms: { waiting: 2, paired: 3, held: 4 },
      pairings: 5,
      relayedBytes: 6,
    }),
    metrics: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: () => Promise.resolve('a 1\n'),
    },
    ...changes,
  };
}

async function start(options: Partial<AdminOptions> = {}): Promise<Admin> {
  const admin = await startAdmin({ port: 0, host: '127.0.0.1', source: sourceOf(), ...options });
  opened.push(admin);
  return admin;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(
  { port }: Admin,
  path: string,
  method = 'GET',
  body?: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const outgoing = request({ port, host: '127.0.0.1', path, method, agent: false, headers }).end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** A connection that has sent nothing. */
async function mute({ port }: Admin): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').resume();
  // One that goes to make room may be reset.
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

describe('pages', () => {
  it('says that it lives', async () => {
    expect(await ask(await start(), '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('is ready until it drains', async () => {
    let draining = false;
    const admin = await start({ source: sourceOf({ draining: () => draining }) });
    expect(await ask(admin, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' });
    draining = true;
    expect(await ask(admin, '/readyz')).toMatchObject({ status: 503, body: 'draining\n' });
    expect(await ask(admin, '/healthz')).toMatchObject({ status: 200 });
  });

  it('tells its status, exactly', async () => {
    const snapshot = Object.assign(sourceOf().snapshot(), { codes: ['1234'] });
    const { status, headers, body } = await ask(
      await start({ source: sourceOf({ snapshot: () => snapshot }) }),
      '/status',
    );
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual({
      version: '1.2.3',
      uptimeSeconds: 42,
      draining: false,
      connections: 1,
      rooms: { waiting: 2, paired: 3, held: 4 },
      pairings: 5,
      relayedBytes: 6,
    });
  });

  it('gives the metrics with their own type', async () => {
    const { status, headers, body } = await ask(await start(), '/metrics');
    expect({ status, body }).toEqual({ status: 200, body: 'a 1\n' });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it.each(['/healthz', '/readyz', '/status', '/metrics', '/nowhere'])(
    'answers HEAD %s like GET, without the body',
    async (path) => {
      const admin = await start();
      const whole = await ask(admin, path);
      const head = await ask(admin, path, 'HEAD');
      expect(head).toMatchObject({ status: whole.status, body: '' });
      const { date, ...headers } = whole.headers;
      expect(date).toBeDefined();
      expect(head.headers).toMatchObject(headers);
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(whole.body));
    },
  );

  it.each(['/', '/healthz/', '/healthzz', '//healthz', '/HEALTHZ', '/constructor'])(
    'has no %s',
    async (path) => {
      expect(await ask(await start(), path)).toMatchObject({ status: 404 });
    },
  );

  it('ignores query strings', async () => {
    const admin = await start();
    for (const query of ['?', '?verbose=1', '?a?b']) {
      expect(await ask(admin, `/healthz${query}`)).toMatchObject({ status: 200 });
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { status, headers } = await ask(
      await start(),
      '/healthz',
      method,
      method === 'POST' ? 'x'.repeat(1e5) : '',
    );
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
  });

  it.each(['/healthz', '/readyz', '/status', '/metrics', '/nowhere'])(
    'is not to be cached: %s',
    async (path) => {
      expect((await ask(await start(), path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    },
  );

  it('answers 500 where a page fails, and tells the operator alone why', async () => {
    const errors: unknown[] = [];
    const failure = new Error('secret');
    const admin = await start({
      source: sourceOf({
        metrics: { contentType: 'text/plain', text: () => Promise.reject(failure) },
        snapshot: () => {
          throw failure;
        },
      }),
      onError: (error) => errors.push(error),
    });
    for (const path of ['/metrics', '/status']) {
      const { status, body } = await ask(admin, path);
      expect({ status, body }).toEqual({ status: 500, body: 'internal error\n' });
    }
    expect(errors).toEqual([failure, failure]);
    expect(await ask(admin, '/healthz')).toMatchObject({ status: 200 });
  });
});

describe('listening', () => {
  it('rejects where the port is taken', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('rejects where there is no such address', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('gives its address', async () => {
    const { host, port } = await start();
    expect(host).toBe('127.0.0.1');
    expect(port).toBeGreaterThan(0);
  });
});

describe('any Host header', () => {
  it('is answered where it is a name of its own or an address', async () => {
    const admin = await start();
    for (const host of ['localhost', 'LOCALHOST:9090', '127.0.0.1', '[::1]:9090', '203.0.113.7:1'])
      expect(await ask(admin, '/healthz', 'GET', undefined, { host })).toMatchObject({ status: 200 });
  });

  it.each(['/healthz', '/readyz', '/status', '/metrics', '/nowhere'])(
    'is refused on %s where it is a name of somebody else',
    async (path) => {
      const admin = await start();
      for (const method of ['GET', 'POST']) {
        const reply = await ask(admin, path, method, '', { host: 'rebound.example.com' });
        expect(reply.status).toBe(421);
        expect(reply.body).toMatch(/^no name of this server/);
      }
    },
  );

  it('may be the host that it listens on', async () => {
    const admin = await start({ host: 'localhost' });
    expect(await ask(admin, '/healthz', 'GET', undefined, { host: 'localhost' })).toMatchObject({
      status: 200,
    });
  });

  it('may be left out, as HTTP/1.0 does', async () => {
    const socket = await mute(await start());
    socket.write('GET /healthz HTTP/1.0\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('limits', () => {
  it('drops a connection that sends no whole request in time', async () => {
    const admin = await start({ requestTimeoutMs: 100 });
    const silent = await mute(admin);
    const slow = await mute(admin);
    slow.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
  });

  it('holds no more than a few connections, and 40 idle ones keep no health check out', async () => {
    const admin = await start();
    const idle: Socket[] = [];
    for (let n = 0; n < 40; n += 1) {
      const socket = await mute(admin);
      // Some have asked before, some have begun to ask.
      if (n % 3 === 1) socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      if (n % 3 === 2) socket.write('GET /healthz HTTP/1.1\r\n');
      idle.push(socket);
    }
    expect(await ask(admin, '/healthz')).toMatchObject({ status: 200 });
    await expect.poll(() => idle.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(9);
    expect(idle.filter(({ closed }) => closed).length).toBeLessThan(12);
  });

  it('ends no answer under way for those who ask nothing', async () => {
    let give: (text: string) => void = () => undefined;
    const body = new Promise<string>((resolve) => (give = resolve));
    const admin = await start({
      source: sourceOf({ metrics: { contentType: 'text/plain', text: () => body } }),
    });
    const answers = Array.from({ length: 5 }, () => ask(admin, '/metrics'));
    for (let n = 0; n < 60; n += 1) await mute(admin);
    give('slow\n');
    for (const answer of answers) expect(await answer).toMatchObject({ status: 200, body: 'slow\n' });
  });

  it('takes a health check where every place is an answer that nobody awaits', async () => {
    const never = new Promise<string>(() => undefined);
    const admin = await start({
      source: sourceOf({ metrics: { contentType: 'text/plain', text: () => never } }),
    });
    for (let n = 0; n < 40; n += 1)
      (await mute(admin)).write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await ask(admin, '/healthz')).toMatchObject({ status: 200 });
  });

  it('refuses headers that no monitor sends', async () => {
    const admin = await start();
    const outgoing = get({ port: admin.port, agent: false, headers: { 'x-much': 'x'.repeat(10_000) } });
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(431);
  });
});

describe('close', () => {
  it('ends idle keep-alive connections and frees the port', async () => {
    const admin = await start();
    const agent = new Agent({ keepAlive: true });
    const outgoing = get({ port: admin.port, host: '127.0.0.1', path: '/healthz', agent });
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const closed = once(response.socket, 'close');
    await text(response);
    await Promise.all([admin.close(), closed]);
    agent.destroy();
    await expect(ask(admin, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await start({ port: admin.port });
  });

  it('does not wait for a connection that has sent nothing', async () => {
    const admin = await start();
    const socket = await mute(admin);
    await Promise.all([admin.close(), once(socket, 'close')]);
  });

  it('lets an answer under way be given', async () => {
    let give: (text: string) => void = () => undefined;
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const admin = await start({
      source: sourceOf({
        metrics: {
          contentType: 'text/plain',
          text: () => {
            asked();
            return new Promise((resolve) => {
              give = resolve;
            });
          },
        },
      }),
    });
    const reply = ask(admin, '/metrics');
    await arrived;
    const closed = admin.close();
    give('late\n');
    expect(await reply).toMatchObject({ status: 200, body: 'late\n' });
    await closed;
  });

  it('may be called twice', async () => {
    const admin = await start();
    await Promise.all([admin.close(), admin.close()]);
    await admin.close();
  });
});
