/* Sends one payload at a time, in big writes, and keeps backpressure. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { BLOCK, quote } from './payload.js';
import { cpuSince, work } from './worker.js';

/** The transfer that runs: resolves when the connection is closed. */
let transfer;

function pump(socket, size) {
  let left = size;
  const fill = () => {
    while (left > 0) {
      const part = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
      left -= part.length;
      if (!socket.write(part)) return void socket.once('drain', fill);
    }
    socket.end();
  };
  fill();
}

/** Sends once the subject has said `reply`, at once where it says nothing. */
function send(socket, { size, line = '', reply = '' }) {
  const cpu = process.cpuUsage();
  transfer = new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    socket.once('error', (error) => reject(new Error(`the sender: ${error.message}`)));
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (!heard.equals(Buffer.from(reply).subarray(0, heard.length))) {
        reject(new Error(`the sender was answered ${quote(heard)}`));
        socket.destroy();
      } else if (heard.length === reply.length) pump(socket, size);
    });
    socket.once('close', () => {
      if (socket.bytesWritten === line.length + size) resolve({ cpuSeconds: cpuSince(cpu) });
      else reject(new Error(`the connection was closed after ${socket.bytesWritten - line.length} bytes`));
    });
  });
  transfer.catch(() => undefined); // finish() reports it, when it is called.
  if (line !== '') socket.write(line);
  if (reply === '') pump(socket, size);
}

let expected;
const server = net.createServer((socket) => send(socket, expected));

work({
  /** For subjects that forward: the port where this sender is. */
  async listen() {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  },
  /** The next connection gets so many bytes. */
  expect: ({ size }) => void (expected = { size }),
  async join({ subject, port, code, size }) {
    const { line, reply } = findSubject(subject).handshake('sender', code);
    const socket = net.connect({ port, host: '127.0.0.1' });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    send(socket, { size, line, reply });
  },
  finish: () => transfer,
});
