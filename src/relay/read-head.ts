import type { Socket } from 'node:net';

/** What stands at the beginning of a stream, or why it does not. */
export type Head<Value> =
  /** `surplus`: what was read behind it. */
  | { readonly kind: 'read'; readonly value: Value; readonly surplus: Buffer }
  | { readonly kind: 'timed-out' }
  /** FIN before it was whole, after this many bytes. */
  | { readonly kind: 'unfinished'; readonly bytes: number }
  | { readonly kind: 'lost' }
  /** By `stopReading`. What was read is back in the socket. */
  | { readonly kind: 'stopped' };

/** Looks at all bytes so far. `length`: how many of them it took. Undefined: more have to come. */
export type Find<Value> = (bytes: Buffer) => { readonly value: Value; readonly length: number } | undefined;

const STOP = 'relay: stop reading';

/**
 * Reads until something is found, and not one byte more than a socket gives along with it. Leaves the socket paused.
 * `find` bounds how much that is. The deadline is absolute: `socket.setTimeout` would be put off by every byte.
 */
export function readHead<Value>(socket: Socket, timeoutMs: number, find: Find<Value>): Promise<Head<Value>> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (head: Head<Value>): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onEnd).off('close', onClose).off(STOP, onStop).pause();
      resolve(head);
    };
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const found = find(bytes);
      if (found === undefined) return;
      done({ kind: 'read', value: found.value, surplus: bytes.subarray(found.length) });
    };
    const onEnd = (): void => done({ kind: 'unfinished', bytes: bytes.length });
    const onClose = (): void => done({ kind: 'lost' });
    const onStop = (): void => {
      done({ kind: 'stopped' });
      if (bytes.length > 0) socket.unshift(bytes);
    };
    const timer = setTimeout(() => done({ kind: 'timed-out' }), timeoutMs);
    timer.unref();
    // (One that was read from before is paused, and listening alone would not start it again.)
    socket.on('data', onData).on('end', onEnd).on('close', onClose).on(STOP, onStop).resume();
  });
}

/** Ends what `readHead` reads where it stands. */
export function stopReading(socket: Socket): void {
  socket.emit(STOP);
}
