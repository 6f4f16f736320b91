/* Sends one payload at a time. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { connectTo } from './connect.js';
import { openOutgoing } from './outgoing.js';
import { cpuSince, work } from './worker.js';

/** The transfer that runs: resolves when the connection is closed. */
let transfer;

async function send(socket, handshake, size) {
  const cpu = process.cpuUsage();
  const outgoing = openOutgoing(socket, handshake);
  await outgoing.begun;
  outgoing.pump(size);
  const { payload } = await outgoing.ended;
  if (payload !== size) throw new Error(`the connection was closed after ${payload} bytes`);
  return { cpuSeconds: cpuSince(cpu) };
}

function follow(sending) {
  transfer = sending;
  transfer.catch(() => undefined); // finish() reports it, when it is called.
}

/** Takes the next connection, where one is expected; others, such as a probe, get nothing. */
let take;
const server = net.createServer((socket) => {
  if (take === undefined) return void socket.on('error', () => undefined).destroy();
  take(socket);
  take = undefined;
});

work({
  /** For subjects that forward: the port where this sender is. */
  async listen() {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  },
  /** The next connection gets so many bytes. */
  expect({ size }) {
    const connected = new Promise((resolve) => (take = resolve));
    follow(connected.then((socket) => send(socket, { line: '' }, size)));
  },
  async join({ subject, host, port, code, size, tickets }) {
    const known = findSubject(subject);
    const handshake = known.handshake('sender', code, { size, ticket: tickets?.sender });
    const { socket, ready } = connectTo(known, 'sender', { host, port });
    await new Promise((resolve, reject) => socket.once(ready, resolve).once('error', reject));
    follow(send(socket, handshake, size));
  },
  finish: () => transfer,
});
