/* Short pairings, so many at once: both sides connect, shake hands, 1 kB, FIN, both closed; then the next. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { createOpening } from './opening.js';
import { BLOCK, quote } from './payload.js';
import { cpuSince, work } from './worker.js';

const PAYLOAD = BLOCK.subarray(0, 1000);
const NOTHING = Buffer.alloc(0);

/** One side from connect to close; resolves with what it read of the stream. */
function side(address, handshake, { payload, onJoined }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    const chunks = [];
    const opening = createOpening(handshake, { write: (bytes) => socket.write(bytes), onJoined });
    const send = () => {
      if (payload === undefined || socket.writableEnded || !opening.isBegun()) return;
      socket.end(payload);
    };
    socket.once('error', reject);
    socket.once('close', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    socket.on('data', (bytes) => {
      try {
        const rest = opening.take(bytes);
        if (rest.length > 0 && !(handshake.chatter && payload !== undefined)) chunks.push(rest);
        send();
      } catch (error) {
        socket.destroy(error);
      }
    });
    // The line and the payload in one packet, where the payload need not wait for an answer.
    socket.cork();
    opening.start();
    send();
    socket.uncork();
  });
}

function check(role, read, expected) {
  if (read.equals(expected)) return;
  throw new Error(`a ${role} read ${read.length} bytes, not ${expected.length} as sent: ${quote(read)}`);
}

async function pair(subject, address, code) {
  const [toSender, toReceiver] = ['sender', 'receiver'].map((role) =>
    subject.handshake(role, code, { size: PAYLOAD.length }),
  );
  let receiving;
  const joined = new Promise((resolve, reject) => {
    receiving = side(address, toReceiver, { onJoined: resolve });
    receiving.catch(reject);
  });
  joined.catch(() => undefined); // `receiving` says it too.
  if (subject.inTurn) await joined;
  const sending = subject.forwards ? NOTHING : side(address, toSender, { payload: PAYLOAD });
  const [bySender, byReceiver] = await Promise.all([sending, receiving]);
  check('sender', bySender, NOTHING);
  check('receiver', byReceiver, PAYLOAD);
}

/** Where a subject that forwards finds the senders. */
const server = net.createServer((socket) => socket.on('error', () => undefined).end(PAYLOAD));

work({
  async listen() {
    await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
    return server.address().port;
  },
  async run({ subject: name, host, port, prefix, concurrency, seconds }) {
    const subject = findSubject(name);
    const cpu = process.cpuUsage();
    const end = performance.now() + seconds * 1000;
    let inTime = 0;
    let all = 0;
    const lane = async (number) => {
      for (let i = 0; performance.now() < end; i++) {
        await pair(subject, { host, port }, `${prefix}-${number}-${i}`);
        all++;
        if (performance.now() < end) inTime++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, (_, number) => lane(number)));
    return { inTime, all, cpuSeconds: cpuSince(cpu) };
  },
});
