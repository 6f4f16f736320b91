/* Senders that wait: opens connections, writes each one's line, and holds them. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { quote } from './payload.js';
import { work } from './worker.js';

/** Connections on their way at once: few enough that no listen queue runs over. */
const AT_ONCE = 100;

const held = new Set();
let problem;

function open(subject, port, code) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    held.add(socket);
    socket.once('error', reject);
    socket.once('data', (bytes) => (problem ??= `a waiting sender was answered ${quote(bytes)}`));
    socket.once('close', () => {
      if (held.delete(socket)) problem ??= 'a waiting sender was disconnected';
    });
    socket.once('connect', () => socket.write(subject.handshake('sender', code).line, () => resolve()));
  });
}

work({
  async open({ subject: name, port, prefix, count }) {
    const subject = findSubject(name);
    let next = 0;
    const lane = async () => {
      while (next < count) await open(subject, port, `${prefix}-${next++}`);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  },
  /** Fails where one of them was spoken to or left. */
  check() {
    if (problem !== undefined) throw new Error(problem);
  },
  close() {
    const closing = [...held];
    held.clear();
    for (const socket of closing) socket.resetAndDestroy();
  },
});
