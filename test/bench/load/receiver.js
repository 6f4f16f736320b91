/* Receives one payload at a time. */
import { findSubject } from '../subjects/index.js';
import { connectTo } from './connect.js';
import { openIncoming } from './incoming.js';
import { cpuSince, work } from './worker.js';

/** The transfer that runs: resolves when the connection is closed. */
let transfer;

async function result(incoming, size, cpu) {
  const { received, firstAt, lastAt, problem } = await incoming.ended;
  if (problem !== undefined) throw new Error(`the receiver ${problem}`);
  if (received !== size) throw new Error(`the receiver got ${received} of ${size} bytes`);
  return { seconds: (lastAt - firstAt) / 1000, cpuSeconds: cpuSince(cpu) };
}

work({
  async join({ subject: name, host, port, code, size, tickets }) {
    const subject = findSubject(name);
    const cpu = process.cpuUsage();
    const handshake = subject.handshake('receiver', code, { size, ticket: tickets?.receiver });
    const incoming = openIncoming({ host, port }, handshake, {
      closeAt: subject.noFin ? size : undefined,
      connect: (options) => connectTo(subject, 'receiver', options),
    });
    transfer = result(incoming, size, cpu);
    transfer.catch(() => undefined); // finish() reports it, when it is called.
    await incoming.joined;
  },
  finish: () => transfer,
});
