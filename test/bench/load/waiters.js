/* Senders that wait: opens connections, writes each one's line, and holds them. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { inLanes } from './lanes.js';
import { quote } from './payload.js';
import { work } from './worker.js';

const held = new Set();
let problem;

function open(subject, address, code) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    held.add(socket);
    socket.once('error', reject);
    socket.once('data', (bytes) => (problem ??= `a waiting sender was answered ${quote(bytes)}`));
    socket.once('close', () => {
      if (held.delete(socket)) problem ??= 'a waiting sender was disconnected';
    });
    socket.once('connect', () => socket.write(subject.handshake('sender', code, {}).line, () => resolve()));
  });
}

work({
  async open({ subject: name, host, port, prefix, count }) {
    const subject = findSubject(name);
    await inLanes(count, (number) => open(subject, { host, port }, `${prefix}-${number}`));
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
