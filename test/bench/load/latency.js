/* One pairing after the other: how long from the second client's first byte to the first byte of the stream. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSubject } from '../subjects/index.js';
import { openIncoming } from './incoming.js';
import { openOutgoing } from './outgoing.js';
import { work } from './worker.js';

/** The relay has the first client's line by then, and has dealt with the end of the pair before. */
const REST_MS = 2;

function connect(address) {
  const socket = net.connect({ ...address, noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

async function sample(subject, address, code) {
  const toReceiver = subject.handshake('receiver', code, { size: 1 });
  const incoming = openIncoming(address, toReceiver, { closeAt: 1 });
  await incoming.joined;
  const socket = await connect(address);
  await sleep(REST_MS);
  const began = performance.now();
  // The line and the byte in one packet, where the byte need not wait for an answer.
  socket.cork();
  const outgoing = openOutgoing(socket, subject.handshake('sender', code, { size: 1 }));
  const sent = outgoing.begun.then(() => outgoing.pump(1));
  process.nextTick(() => socket.uncork());
  await sent;
  const { received, firstAt, problem } = await incoming.ended;
  socket.destroy();
  if (problem !== undefined || received !== 1) throw new Error(`a receiver ${problem ?? 'got no byte'}`);
  return (firstAt - began) * 1000;
}

work({
  async run({ subject: name, host, port, samples, prefix }) {
    const subject = findSubject(name);
    const microseconds = [];
    for (let i = 0; i < samples; i++) {
      microseconds.push(await sample(subject, { host, port }, `${prefix}-${i}`));
    }
    return microseconds;
  },
});
