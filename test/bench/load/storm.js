/* Connections that are all opened at once, each until it was told that it waits. */
import net from 'node:net';
import { findSubject } from '../subjects/index.js';
import { quote } from './payload.js';
import { work } from './worker.js';

const held = [];

/** Resolves when the relay has answered as it should, with the time; undefined where it did anything else. */
function come(address, { line, reply }) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    held.push(socket);
    let heard = '';
    socket.setEncoding('latin1');
    socket.once('connect', () => socket.write(line));
    socket.on('data', (text) => {
      heard += text;
      if (reply.test(heard)) resolve({ at: performance.timeOrigin + performance.now() });
      else if (heard.endsWith('\n')) resolve({ refusal: quote(Buffer.from(heard)) });
    });
    socket.once('error', (error) => resolve({ refusal: error.message }));
    socket.once('close', () => resolve({ refusal: 'was left' }));
  });
}

work({
  async run({ subject: name, host, port, prefix, count }) {
    const subject = findSubject(name);
    const began = performance.timeOrigin + performance.now();
    const address = { host, port };
    const coming = Array.from({ length: count }, (_, i) => come(address, subject.greeting(`${prefix}-${i}`)));
    const all = await Promise.all(coming);
    const served = all.filter(({ at }) => at !== undefined);
    return {
      began,
      served: served.length,
      last: served.reduce((latest, { at }) => Math.max(latest, at), began),
      refusal: all.find(({ refusal }) => refusal !== undefined)?.refusal,
    };
  },
  close() {
    for (const socket of held.splice(0)) socket.resetAndDestroy();
  },
});
