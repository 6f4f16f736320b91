import type { Duplex } from 'node:stream';

/** Why nothing was found at the beginning of a stream. */
export type NoHead =
  | { readonly kind: 'timed-out' }
  /** FIN before it was whole, after this many bytes. */
  | { readonly kind: 'unfinished'; readonly bytes: number }
  | { readonly kind: 'lost' }
  /** By `stopReading`. What was read is back in the stream. */
  | { readonly kind: 'stopped' };

const NOTHING = Buffer.alloc(0);
const STOP = Symbol('stop');

/** A stream whose head is being read. */
interface Stoppable {
  [STOP]?: (() => void) | undefined;
}

/**
 * Reads until something is found, and not one byte more than a stream gives along with it. Leaves the stream paused.
 * The deadline is absolute: `socket.setTimeout` would be put off by every byte.
 *
 * @param find looks at all bytes so far, and bounds how many that are; undefined: more have to come. What it finds holds
 * what came behind it too.
 * @param known what was read already
 */
export function readHead<Head>(
  stream: Duplex,
  timeoutMs: number,
  find: (bytes: Buffer) => Head | undefined,
  known: Buffer = NOTHING,
): Promise<Head | NoHead> {
  const found = known.length > 0 ? find(known) : undefined;
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve) => {
    let bytes = known;
    const done = (head: Head | NoHead): void => {
      clearTimeout(timer);
      (stream as Stoppable)[STOP] = undefined;
      stream.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      resolve(head);
    };
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const head = find(bytes);
      if (head !== undefined) done(head);
    };
    const onEnd = (): void => done({ kind: 'unfinished', bytes: bytes.length });
    const onClose = (): void => done({ kind: 'lost' });
    (stream as Stoppable)[STOP] = () => {
      done({ kind: 'stopped' });
      if (bytes.length > 0) stream.unshift(bytes);
    };
    const timer = setTimeout(() => done({ kind: 'timed-out' }), timeoutMs);
    timer.unref();
    // (One that was read from before is paused, and listening alone would not start it again.)
    stream.on('data', onData).on('end', onEnd).on('close', onClose).resume();
  });
}

/** Ends what `readHead` reads where it stands. */
export function stopReading(stream: Duplex): void {
  (stream as Stoppable)[STOP]?.();
}
