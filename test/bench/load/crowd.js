/*
 * Many pairs, both ends of each in this process: a sender gets no further ahead of its receiver than its window. What
 * the kernel may hold for TCP is limited for all connections together, and beyond that it drops what it has taken.
 */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSubject } from '../subjects/index.js';
import { openIncoming } from './incoming.js';
import { inLanes } from './lanes.js';
import { openOutgoing } from './outgoing.js';
import { BLOCK } from './payload.js';
import { cpuSince, work } from './worker.js';

/** Smaller than for one pair: libuv fills it up to 32 times before the next connection has its turn. */
const buffer = Buffer.allocUnsafe(2 ** 16);

let pairs = [];

/** For subjects that forward: takes the connection that is expected; another, such as a probe, gets nothing. */
let take;
const server = net.createServer((socket) => {
  if (take === undefined) return void socket.on('error', () => undefined).destroy();
  take(socket);
  take = undefined;
});

async function connectSender(address, handshake) {
  const socket = net.connect(address);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return openOutgoing(socket, handshake);
}

async function open(subject, address, code, reads) {
  const pair = { sent: 0, window: 0 };
  const accepted = subject.forwards ? new Promise((resolve) => (take = resolve)) : undefined;
  const toReceiver = subject.handshake('receiver', code, {});
  pair.incoming = openIncoming(address, toReceiver, { buffer, reads, onRead: () => fill(pair) });
  await pair.incoming.joined;
  pair.outgoing = accepted
    ? openOutgoing(await accepted, { line: '' })
    : await connectSender(address, subject.handshake('sender', code, {}));
  await pair.outgoing.begun;
  pairs.push(pair);
}

/** Sends what the window lets through: halves of it, so that one is on its way while the other is written. */
function fill(pair) {
  if (pair.window === 0) return; // Not yet: that was the relay's answer.
  const most = Math.min(BLOCK.length, Math.floor(pair.window / 2));
  while (pair.sent - pair.incoming.counter.received + most <= pair.window) {
    const start = pair.sent % BLOCK.length;
    const part = BLOCK.subarray(start, start + most);
    pair.sent += part.length;
    // The window is the backpressure; without one, it is the socket's own.
    if (!pair.outgoing.socket.write(part) && pair.window === Infinity) {
      return void pair.outgoing.socket.once('drain', () => fill(pair));
    }
  }
}

function check() {
  const broken = pairs.find(({ incoming }) => incoming.counter.problem !== undefined);
  if (broken !== undefined) throw new Error(`a receiver ${broken.incoming.counter.problem}`);
}

work({
  async listen() {
    await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
    return server.address().port;
  },
  async join({ subject: name, host, port, prefix, count, reads }) {
    const subject = findSubject(name);
    const one = (number) => open(subject, { host, port }, `${prefix}-${number}`, reads);
    // One after the other where nothing else says which connection belongs to which.
    await inLanes(count, one, subject.forwards ? 1 : undefined);
  },
  /** All senders begin, and go on without end. `window`: bytes of each; none, to go on until nothing moves. */
  go({ window = Infinity }) {
    for (const pair of pairs) {
      pair.window = window;
      fill(pair);
    }
  },
  /**
   * Waits until every pair has had its first window through: before that, those that began first have the relay.
   * False where some have not after so long.
   */
  async warm({ seconds }) {
    const end = performance.now() + seconds * 1000;
    const isWarm = ({ incoming, window }) => incoming.counter.received >= window;
    while (!pairs.every(isWarm)) {
      if (performance.now() > end) return false;
      await sleep(20);
    }
    return true;
  },
  /** What came in so many seconds: in all, and to the one that got least. */
  async count({ seconds }) {
    const before = pairs.map(({ incoming }) => incoming.counter.received);
    const cpu = process.cpuUsage();
    const began = performance.now();
    await sleep(seconds * 1000);
    const took = (performance.now() - began) / 1000;
    check();
    const bytes = pairs.map(({ incoming }, i) => incoming.counter.received - before[i]);
    const sum = bytes.reduce((a, b) => a + b, 0);
    return { seconds: took, sum, least: Math.min(...bytes), cpuSeconds: cpuSince(cpu) };
  },
  check,
  close() {
    for (const { incoming, outgoing } of pairs) {
      incoming.socket.resetAndDestroy();
      outgoing.socket.resetAndDestroy();
    }
    pairs = [];
  },
});
