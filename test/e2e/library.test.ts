import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRelay, DEFAULTS } from '../../src/index.js';
import { Client } from '../helpers/client.js';

const LOCAL = { port: 0, host: '127.0.0.1' };

async function refusedAt(port: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

describe('createRelay', () => {
  it('does nothing before start, and tells where it listens', async () => {
    await using relay = createRelay(LOCAL);
    expect([relay.address, relay.draining]).toEqual([undefined, false]);
    const address = await relay.start();
    expect(address).toEqual({ host: '127.0.0.1', port: expect.any(Number) as number });
    expect(address.port).toBeGreaterThan(0);
    expect(relay.address).toEqual(address);
    expect(relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
  });

  it('listens on all addresses unless told otherwise', async () => {
    await using relay = createRelay({ port: 0 });
    const { port } = await relay.start();
    using client = await Client.connect(port, { line: 'a:receiver:wait:status\n' });
    await client.untilText('WAITING');
  });

  it('counts its rooms', async () => {
    await using relay = createRelay(LOCAL);
    const { port } = await relay.start();
    using receiver = await Client.connect(port, { line: 'a:receiver:wait:status\n' });
    await receiver.untilText('WAITING');
    expect(relay.rooms).toEqual({ waiting: 1, paired: 0, held: 0 });
    using sender = await Client.connect(port, { line: 'a:sender:retry\n' });
    await receiver.untilText('PAIRED');
    expect(relay.rooms).toEqual({ waiting: 0, paired: 1, held: 0 });
    sender.end();
    receiver.end();
    await Promise.all([sender.untilClosed(), receiver.untilClosed()]);
    await expect.poll(() => relay.rooms).toEqual({ waiting: 0, paired: 0, held: 1 });
  });

  it('close: tells those who wait, waits for pairings, and frees the port', async () => {
    const relay = createRelay(LOCAL);
    const { port } = await relay.start();
    using receiver = await Client.connect(port, { line: 'a:receiver:wait:status\n' });
    using sender = await Client.connect(port, { line: 'a:sender\n' });
    await receiver.untilText('PAIRED');
    using waiting = await Client.connect(port, { line: 'b:sender:status\n' });
    await waiting.untilText('WAITING');
    let isClosed = false;
    const closed = relay.close().then(() => (isClosed = true));
    expect([relay.draining, relay.address]).toEqual([true, undefined]);
    expect(await waiting.finish()).toContain('Server is shutting down.\n');
    expect(await refusedAt(port)).toBe('ECONNREFUSED');
    expect(isClosed).toBe(false);
    sender.end('the rest');
    expect(await receiver.finish()).toContain('the restDISCONNECT closed\n');
    await closed;
    expect(relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
    // A further call has nothing to do.
    await relay.close();
  });

  it('close: every record was told when it resolves', async () => {
    const endings: string[] = [];
    const nothing = () => undefined;
    const relay = createRelay({
      ...LOCAL,
      observer: {
        connectionOpened: nothing,
        connectionEnded: ({ ending }) => endings.push(ending),
        connectionMoved: nothing,
        paired: nothing,
        unpaired: nothing,
        relayed: nothing,
        lockedOut: nothing,
      },
    });
    const { port } = await relay.start();
    using client = await Client.connect(port, { line: 'a:sender:status\n' });
    await client.untilText('WAITING');
    const finished = client.finish();
    await relay.close();
    expect(endings).toEqual(['shutting-down']);
    await finished;
  });

  it('close: called again, it may shorten the grace', async () => {
    const relay = createRelay({ ...LOCAL, shutdownGraceMs: 60_000 });
    const { port } = await relay.start();
    using receiver = await Client.connect(port, { line: 'a:receiver:wait:status\n' });
    using sender = await Client.connect(port, { line: 'a:sender\n' });
    await receiver.untilText('PAIRED');
    const first = relay.close();
    const second = relay.close({ graceMs: 0 });
    expect(await receiver.finish()).toContain('DISCONNECT shutdown\n');
    expect(await sender.finish()).toBe('DISCONNECT\n');
    await Promise.all([first, second]);
  });

  it('await using: closes at once', async () => {
    let port: number;
    let client: Client;
    {
      await using relay = createRelay({ ...LOCAL, shutdownGraceMs: 60_000 });
      ({ port } = await relay.start());
      client = await Client.connect(port, { line: 'a:sender:status\n' });
      await client.untilText('WAITING');
      client.socket.end();
    }
    expect(await refusedAt(port)).toBe('ECONNREFUSED');
    client[Symbol.dispose]();
  });

  it('a relay that was never started, or could not start, closes too', async () => {
    await createRelay(LOCAL).close();
    await using first = createRelay(LOCAL);
    const { port } = await first.start();
    const second = createRelay({ ...LOCAL, port });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    expect(second.address).toBeUndefined();
    await second.close();
  });

  it('two relays in one process share nothing', async () => {
    await using first = createRelay(LOCAL);
    await using second = createRelay(LOCAL);
    const ports = [(await first.start()).port, (await second.start()).port] as const;
    using sender = await Client.connect(ports[0], { line: 'a:sender:status\n' });
    await sender.untilText('WAITING');
    using receiver = await Client.connect(ports[1], { line: 'a:receiver\n' });
    expect(await receiver.finish()).toMatch(/^Invalid code or key\. You have 2 tries/);
    expect([first.rooms.waiting, second.rooms.waiting]).toEqual([1, 0]);
  });

  it.each([
    ['port', 70_000],
    ['port', -1],
    ['port', Number.NaN],
    ['idleTimeoutMs', 0],
    ['idleTimeoutMs', Infinity],
    ['handshakeTimeoutMs', 1.5],
    ['abandonAfterMs', 2 ** 31],
    ['maxConnections', 0],
    ['rateLimitIp', -1],
    ['lockoutAttempts', '3'],
    ['shutdownGraceMs', null],
  ])('bad options: %s of %s', (name, value) => {
    const options = { ...LOCAL, [name]: value };
    expect(() => createRelay(options)).toThrow(RangeError);
    expect(() => createRelay(options)).toThrow(name);
  });

  it('an undefined option is its default', () => {
    expect(() => createRelay({ idleTimeoutMs: undefined })).not.toThrow();
    expect(Object.isFrozen(DEFAULTS)).toBe(true);
    expect(DEFAULTS).toMatchObject({ port: 4000, idleTimeoutMs: 300_000, lockoutAttempts: 3 });
  });
});
