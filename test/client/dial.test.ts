import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { dial } from '../helpers/dial.js';
import { RelayUnreachable } from '../../src/transfer/line-errors.js';
import { eventually } from '../helpers/eventually.js';

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

it('a relay that closes the connection while one waits leaves no socket behind, which would keep the process', async () => {
  const before = sockets();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('WAITING 600\n'));
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const waits: number[] = [];
  const joining = dial({
    host: '127.0.0.1',
    port,
    request: { code: '1234', role: 'sender', retry: true },
    onWaiting: (seconds) => waits.push(seconds),
  });
  await expect(joining).rejects.toThrow(RelayUnreachable);
  expect(waits).toEqual([600]);
  server.close();
  await eventually(() => expect(sockets()).toBe(before));
});

it('a line that no relay would say is not repeated, however much of it there is', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`Rate limit exceeded for ${'x'.repeat(100_000)}.\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const joining = dial({ host: '127.0.0.1', port, request: { code: '1234', role: 'sender' } });
  await expect(joining).rejects.toThrow(/^127\.0\.0\.1:\d+ does not speak like a relay\.$/);
  server.close();
});

it('what the other side said together with the relay is read first', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write('WAITING 600\nPAIRED\none'));
    setTimeout(() => socket.end('two'), 50);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const line = await dial({ host: '127.0.0.1', port, request: { code: '1234', role: 'sender' } });
  const got: string[] = [];
  while (await line.read({ take: (chunk) => void got.push(Buffer.from(chunk).toString()) }));
  expect(got).toEqual(['one', 'two']);
  line.abandon();
  server.close();
});
