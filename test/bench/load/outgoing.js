/* The sending end of a stream: big writes of one block, over and over, with backpressure. */
import { createOpening } from './opening.js';
import { BLOCK, quote } from './payload.js';

/**
 * A connection that shakes hands, and sends when it is told to.
 * @param {import('node:net').Socket} socket Connected.
 * @param {import('../subjects/index.js').Handshake} handshake
 */
export function openOutgoing(socket, handshake) {
  let spoken = 0;
  let failed;
  let begin;
  const begun = new Promise((resolve, reject) => {
    begin = resolve;
    failed = reject;
  });
  const ended = new Promise((resolve, reject) => {
    begun.catch(reject);
    socket.once('error', (error) => reject(new Error(`the sender: ${error.message}`)));
    socket.once('close', () => resolve({ payload: socket.bytesWritten - spoken }));
  });
  ended.catch(() => undefined); // It is awaited later, or never.
  const fail = (problem) => {
    failed(new Error(`the sender ${problem}`));
    socket.destroy();
  };
  const opening = createOpening(handshake, {
    write(bytes) {
      spoken += Buffer.byteLength(bytes);
      socket.write(bytes);
    },
  });
  const hear = (work) => {
    try {
      const rest = work();
      if (rest?.length > 0 && !handshake.chatter) return fail(`was told ${quote(rest)}`);
      if (opening.isBegun()) begin();
    } catch (error) {
      fail(error.message);
    }
  };
  socket.on('data', (bytes) => hear(() => opening.take(bytes)));
  socket.once('close', () => failed(new Error('the sender was left')));
  hear(() => opening.start());

  /** Sends so many bytes, then FIN; with Infinity until somebody stops it. */
  const pump = (size) => {
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
  };
  return { socket, begun, ended, pump };
}
