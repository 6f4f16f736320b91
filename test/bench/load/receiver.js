/* Receives one payload at a time and checks it, in big reads: the load has to cost less than what it measures. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { looksRight, quote } from './payload.js';
import { cpuSince, work } from './worker.js';

const buffer = Buffer.allocUnsafe(2 ** 20);

/** The transfer that runs: resolves when the connection is closed. */
let transfer;

/** Takes the subject's own `reply` off the front of the stream, and checks and counts what follows. */
function createCounter(reply) {
  const counter = { received: 0, firstAt: 0, lastAt: 0, problem: undefined };
  let ahead = Buffer.from(reply);
  const take = (bytes) => {
    if (counter.problem !== undefined) return;
    if (ahead.length > 0) {
      const part = bytes.subarray(0, ahead.length);
      if (!part.equals(ahead.subarray(0, part.length))) counter.problem = `was answered ${quote(bytes)}`;
      ahead = ahead.subarray(part.length);
      bytes = bytes.subarray(part.length);
    }
    if (bytes.length === 0) return;
    counter.lastAt = performance.now();
    if (counter.received === 0) counter.firstAt = counter.lastAt;
    if (!looksRight(bytes, counter.received)) {
      // A short one is likely a line of the subject's own, such as a refusal.
      const shown = bytes.length < 300 ? quote(bytes) : `somewhere in ${bytes.length}`;
      counter.problem ??= `got wrong bytes at ${counter.received}: ${shown}`;
    }
    counter.received += bytes.length;
  };
  return { counter, take };
}

function receive({ port, size, line, reply = '' }) {
  const cpu = process.cpuUsage();
  const { counter, take } = createCounter(reply);
  const onRead = (length) => {
    take(buffer.subarray(0, length));
    return true;
  };
  const socket = net.connect({ port, host: '127.0.0.1', onread: { buffer, callback: onRead } });
  transfer = new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(new Error(`the receiver: ${error.message}`)));
    socket.once('close', () => {
      if (counter.received !== size) counter.problem ??= `got ${counter.received} of ${size} bytes`;
      if (counter.problem !== undefined) return reject(new Error(`the receiver ${counter.problem}`));
      resolve({ seconds: (counter.lastAt - counter.firstAt) / 1000, cpuSeconds: cpuSince(cpu) });
    });
  });
  transfer.catch(() => undefined); // finish() reports it, when it is called.
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => (line === '' ? resolve() : socket.write(line, () => resolve())));
  });
}

work({
  join({ subject, port, code, size }) {
    return receive({ port, size, ...findSubject(subject).handshake('receiver', code) });
  },
  finish: () => transfer,
});
