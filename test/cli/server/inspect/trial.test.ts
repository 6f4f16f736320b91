import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { inspectPort } from '../../../../src/cli/server/inspect/port.js';
import { tryTransfer } from '../../../../src/cli/server/inspect/trial.js';
import { startRelay } from '../../../helpers/relay.js';

const TIMEOUT_MS = 30_000;

const dialTo = (port: number) => () => connect({ host: '127.0.0.1', port, allowHalfOpen: true });

/** A server that does the same with each connection, and its port while `use` runs. */
async function withServer<Result>(
  onConnection: (socket: Socket) => void,
  use: (port: number) => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

describe('tryTransfer', () => {
  it('is content with a relay, and leaves nothing in it', async () => {
    await using relay = await startRelay();
    const finding = await tryTransfer('transfer', dialTo(relay.port), TIMEOUT_MS);
    expect(finding).toMatchObject({ level: 'ok', about: 'transfer' });
    expect(finding.text).toMatch(/^4 MiB each way arrived unchanged in \d+ ms, and the notice after them\.$/);
    await relay.untilEmpty();
  });

  it('passes on what a relay says that refuses one of the two', async () => {
    await using relay = await startRelay({ maxConnections: 1 });
    expect(await tryTransfer('transfer', dialTo(relay.port), TIMEOUT_MS)).toMatchObject({
      level: 'fail',
      text: 'the relay said "Server is full. Try again later.".',
    });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', (socket) => socket.end(), 'the relay hung up without a word.'],
    ['loses bytes', (socket) => void socket.resume().end('PAIRED\nabc'), '3 of 4194304 bytes arrived.'],
    [
      'changes bytes',
      (socket) => void socket.resume().end(Buffer.concat([Buffer.from('PAIRED\n'), Buffer.alloc(5_000_000)])),
      'what arrived differs from what was sent.',
    ],
  ])('finds a relay that %s', async (_what, onConnection, text) => {
    const finding = await withServer(onConnection, (port) =>
      tryTransfer('transfer', dialTo(port), TIMEOUT_MS),
    );
    expect(finding).toEqual({ level: 'fail', about: 'transfer', text });
  });

  it('passes on what the system says', async () => {
    const finding = await withServer(
      (socket) => socket.resetAndDestroy(),
      (port) => tryTransfer('transfer', dialTo(port), TIMEOUT_MS),
    );
    expect(finding.text).toMatch(/^the connection failed: .*ECONNRESET/);
  });

  it('misses the notice', async () => {
    const pair: Socket[] = [];
    // Two sockets, joined without a word at the end.
    const onConnection = (socket: Socket): void => {
      socket.once('data', () => {
        const other = pair.pop();
        if (other === undefined) return void pair.push(socket.pause());
        for (const one of [socket, other]) one.write('PAIRED\n');
        socket.pipe(other);
        other.pipe(socket);
      });
    };
    const finding = await withServer(onConnection, (port) =>
      tryTransfer('transfer', dialTo(port), TIMEOUT_MS),
    );
    expect(finding.text).toBe('behind the bytes came "", not the notice.');
  });

  it('gives up on one that never answers', async () => {
    const finding = await withServer(
      (socket) => socket.resume(),
      (port) => tryTransfer('transfer', dialTo(port), 50),
    );
    expect(finding.text).toBe('it was not over within 0.05 s.');
  });

  it('says that nobody is there', async () => {
    const port = await withServer(
      () => undefined,
      (unused) => Promise.resolve(unused),
    );
    expect((await tryTransfer('transfer', dialTo(port), TIMEOUT_MS)).text).toMatch(
      /^the connection failed: .*ECONNREFUSED/,
    );
  });
});

describe('inspectPort', () => {
  it('finds a free one', async () => {
    expect(await inspectPort('127.0.0.1', 0)).toEqual({ level: 'ok', about: 'port', text: 'any is free.' });
  });

  it('knows a relay that has it, which counts nothing against anybody', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    for (let turn = 0; turn < 2; turn += 1)
      expect(await inspectPort('127.0.0.1', relay.port)).toEqual({
        level: 'ok',
        about: 'port',
        text: `a relay listens on ${relay.port} already.`,
      });
  });

  it('tells another program from it', async () => {
    const finding = await withServer(
      (socket) => socket.end('220 mail.example.com\r\n'),
      (port) => inspectPort('127.0.0.1', port),
    );
    expect(finding.level).toBe('warn');
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('fails where there is no address %s', async (host) => {
    expect(await inspectPort(host, 0)).toMatchObject({
      level: 'fail',
      text: `this machine has no address "${host}". Check --host.`,
    });
  });
});
