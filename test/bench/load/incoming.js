/* The receiving end of a stream, in big reads: the load has to cost less than what it measures. */
import { connectPlainly } from './connect.js';
import { createOpening } from './opening.js';
import { looksRight, quote } from './payload.js';

/** One for all connections of this process: what is in it has been looked at before the next read. */
const LARGE = Buffer.allocUnsafe(2 ** 20);

function look(counter, bytes) {
  counter.lastAt = performance.now();
  if (counter.received === 0) counter.firstAt = counter.lastAt;
  if (!looksRight(bytes, counter.received)) {
    // A short one is likely a line of the subject's own, such as a refusal.
    const shown = bytes.length < 300 ? quote(bytes) : `somewhere in ${bytes.length}`;
    counter.problem ??= `got wrong bytes at ${counter.received}: ${shown}`;
  }
  counter.received += bytes.length;
}

/**
 * Connects, shakes hands, and takes what comes.
 * @param {{ port: number, host: string }} address
 * @param {import('../subjects/index.js').Handshake} handshake
 * @param {object} [options]
 * @param {number} [options.closeAt] Close after so many bytes: for a relay that does not pass a FIN on.
 * @param {Buffer} [options.buffer] What to read into.
 * @param {() => void} [options.onRead] Called after each read that was looked at.
 * @param {typeof connectPlainly} [options.connect]
 * @param {boolean} [options.reads] False: takes nothing, ever.
 */
export function openIncoming(address, handshake, options = {}) {
  const { closeAt, buffer = LARGE, onRead, reads = true, connect = connectPlainly } = options;
  const counter = { received: 0, firstAt: 0, lastAt: 0, problem: undefined };
  let opening;
  const take = (length) => {
    if (counter.problem !== undefined) return true;
    try {
      const bytes = opening.take(buffer.subarray(0, length));
      if (bytes.length > 0) look(counter, bytes);
    } catch (error) {
      counter.problem = error.message;
      socket.destroy();
    }
    if (counter.received === closeAt) socket.end();
    onRead?.();
    return true;
  };
  const { socket, ready } = connect({ ...address, onread: { buffer, callback: take } });
  if (!reads) socket.pause();
  const ended = new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(new Error(`the receiver: ${error.message}`)));
    socket.once('close', () => resolve(counter));
  });
  ended.catch(() => undefined); // It is awaited later, or never.
  const joined = new Promise((resolve, reject) => {
    socket.once('error', reject).once('close', () => reject(new Error(counter.problem ?? 'was left')));
    opening = createOpening(handshake, { write: (bytes) => socket.write(bytes), onJoined: resolve });
    socket.once(ready, () => opening.start());
  });
  return { socket, counter, joined, ended };
}
