/* Short pairings, so many at once: both sides connect, shake hands, 1 kB, FIN, both closed; then the next. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { BLOCK, quote } from './payload.js';
import { cpuSince, work } from './worker.js';

const PAYLOAD = BLOCK.subarray(0, 1000);

/** One side from connect to close; resolves with all that it read. */
function side(port, { line, reply = '' }, payload) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const chunks = [];
    let heard = 0;
    socket.once('error', reject);
    socket.once('close', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    socket.on('data', (bytes) => {
      chunks.push(bytes);
      heard += bytes.length;
      if (payload !== undefined && reply !== '' && heard === reply.length) socket.end(payload);
    });
    if (payload !== undefined && reply === '') socket.end(Buffer.concat([Buffer.from(line), payload]));
    else socket.write(line);
  });
}

function check(role, read, expected) {
  if (read.equals(expected)) return;
  throw new Error(`a ${role} read ${read.length} bytes, not ${expected.length} as sent: ${quote(read)}`);
}

async function pair(subject, port, code) {
  const [toSender, toReceiver] = ['sender', 'receiver'].map((role) => subject.handshake(role, code));
  const [bySender, byReceiver] = await Promise.all([
    side(port, toSender, PAYLOAD),
    side(port, toReceiver, undefined),
  ]);
  check('sender', bySender, Buffer.from(toSender.reply ?? ''));
  check('receiver', byReceiver, Buffer.concat([Buffer.from(toReceiver.reply ?? ''), PAYLOAD]));
}

work({
  async run({ subject: name, port, prefix, concurrency, seconds }) {
    const subject = findSubject(name);
    const cpu = process.cpuUsage();
    const end = performance.now() + seconds * 1000;
    let inTime = 0;
    let all = 0;
    const lane = async (number) => {
      for (let i = 0; performance.now() < end; i++) {
        await pair(subject, port, `${prefix}-${number}-${i}`);
        all++;
        if (performance.now() < end) inTime++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, (_, number) => lane(number)));
    return { inTime, all, cpuSeconds: cpuSince(cpu) };
  },
});
