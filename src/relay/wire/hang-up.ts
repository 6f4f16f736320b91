import { ProgressWatch } from './progress.js';
import { unacknowledgedBytes } from './kernel-queue.js';
import { closeAbruptly, type Wire } from './wire.js';

/** How much of what a client goes on sending is read and thrown away, in bytes. */
const DISCARD_BYTES = 256 * 1024;

export interface HangUpTimes {
  /** How long a client has to close its side after it was sent all there is, in milliseconds. */
  readonly lingerMs: number;
  readonly now: () => number;
}

/**
 * Closes a connection without losing the last words: close(2) on a socket with unread input sends a reset, and
 * a reset throws away what the client has not read yet (RFC 1122, 4.2.2.13). So: FIN behind what was written,
 * then read on for a while, and close when the client has closed, or has acknowledged all and had its time.
 *
 * @param flushTimeoutMs how long what was written may go without any progress
 */
export function hangUp(wire: Wire, { lingerMs, now }: HangUpTimes, flushTimeoutMs = lingerMs): void {
  const { stream, tcp } = wire;
  if (stream.destroyed || wire.isClosing) return;
  let discarded = 0;
  let seen = 0;
  const discard = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded > DISCARD_BYTES) stream.pause();
  };
  let linger: NodeJS.Timeout | undefined;
  const watch = new ProgressWatch({
    limitMs: flushTimeoutMs,
    now,
    towards: [wire],
    onStuck: () => closeAbruptly(wire),
  });
  const closeWhenTaken = async (): Promise<void> => {
    // A reader that takes what the kernel still holds for it keeps its connection, as long as it takes something.
    // (A refused one got a sentence, which it has had its time for: no need to ask.)
    const held = wire.bytesWritten > 4096 ? await unacknowledgedBytes(tcp) : 0;
    // One that was paired and still talks has not come to our words yet; a reset now might cost it them.
    const isBusy = flushTimeoutMs > lingerMs && discarded > seen && discarded <= DISCARD_BYTES;
    seen = discarded;
    if (isBusy || (held !== undefined && held > 0)) startLinger();
    else stream.destroy();
  };
  const startLinger = (): void => {
    if (stream.destroyed) return;
    linger = setTimeout(() => void closeWhenTaken(), lingerMs);
    linger.unref();
  };
  stream.once('close', () => {
    watch.stop();
    clearTimeout(linger);
  });
  stream.on('data', discard);
  stream.resume();
  stream.end(startLinger);
}
