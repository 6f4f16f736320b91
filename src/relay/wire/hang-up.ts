import type { Socket } from 'node:net';
import { ProgressWatch } from './progress.js';
import { unacknowledgedBytes } from './kernel-queue.js';
import { isSecured, tcpOf } from './tls-socket.js';

/** How long a client has to close its side after it was sent all there is, in milliseconds. */
export const LINGER_MS = 2_000;

/** How much of what a client goes on sending is read and thrown away, in bytes. */
const DISCARD_BYTES = 256 * 1024;

/**
 * Closes a connection without losing the last words: close(2) on a socket with unread input sends a reset, and
 * a reset throws away what the client has not read yet (RFC 1122, 4.2.2.13). So: FIN behind what was written,
 * then read on for a while, and close when the client has closed, or has acknowledged all and had its time.
 *
 * @param flushTimeoutMs how long what was written may go without any progress.
 */
export function hangUp(socket: Socket, flushTimeoutMs: number, now: () => number): void {
  if (socket.destroyed || isClosing(socket)) return;
  let discarded = 0;
  let seen = 0;
  const discard = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded > DISCARD_BYTES) socket.pause();
  };
  let linger: NodeJS.Timeout | undefined;
  const watch = new ProgressWatch({
    limitMs: flushTimeoutMs,
    now,
    towards: [socket],
    onStuck: () => closeAbruptly(socket),
  });
  const closeWhenTaken = async (): Promise<void> => {
    // A reader that takes what the kernel still holds for it keeps its connection, as long as it takes something.
    // (A refused one got a sentence, which it has had its time for: no need to ask.)
    const held = socket.bytesWritten > 4096 ? await unacknowledgedBytes(socket) : 0;
    // One that was paired and still talks has not come to our words yet; a reset now might cost it them.
    const isBusy = flushTimeoutMs > LINGER_MS && discarded > seen && discarded <= DISCARD_BYTES;
    seen = discarded;
    if (isBusy || (held !== undefined && held > 0)) startLinger();
    else socket.destroy();
  };
  const startLinger = (): void => {
    if (socket.destroyed) return;
    linger = setTimeout(() => void closeWhenTaken(), LINGER_MS);
    linger.unref();
  };
  socket.once('close', () => {
    watch.stop();
    clearTimeout(linger);
  });
  socket.on('data', discard);
  socket.resume();
  socket.end(startLinger);
}

/** Both sides have sent FIN behind all they had: Node closes it. (TLS may still have its own last words to write.) */
function isClosing(socket: Socket): boolean {
  const { readableEnded, writableEnded, writableLength } = socket;
  return readableEnded && writableEnded && writableLength === 0 && !isSecured(socket);
}

/**
 * Closes at once: by FIN where everything was written, else by a reset, so that what is cut does not look whole.
 * (While a FIN is on its way, libuv refuses to reset, and Node would then never close the socket.)
 */
export function closeAbruptly(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else tcpOf(socket).resetAndDestroy();
}
