import type { Socket } from 'node:net';
import { MAX_LINE_BYTES } from '../protocol/limits.js';
import type { Refusal } from '../protocol/replies.js';

export type FirstLine =
  /** `text`: the line without its LF, one character a byte. `surplus`: what came behind it. */
  { readonly kind: 'line'; readonly text: string; readonly surplus: Buffer } | NoLine;

export type NoLine =
  | { readonly kind: 'too-long' }
  | { readonly kind: 'timed-out' }
  /** FIN before an LF, after this many bytes. */
  | { readonly kind: 'unfinished'; readonly bytes: number }
  | { readonly kind: 'lost' };

const LF = 0x0a;

/**
 * Reads a client's first line, and not one byte more than a socket gives along with it. Leaves the socket paused.
 * The deadline is absolute: `socket.setTimeout` would be put off by every byte.
 */
export function readFirstLine(socket: Socket, timeoutMs: number): Promise<FirstLine> {
  return new Promise((resolve) => {
    let line = Buffer.alloc(0);
    const done = (result: FirstLine): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      const at = chunk.subarray(0, MAX_LINE_BYTES - line.length).indexOf(LF);
      if (at >= 0) {
        const text = Buffer.concat([line, chunk.subarray(0, at)]).toString('latin1');
        done({ kind: 'line', text, surplus: chunk.subarray(at + 1) });
      } else if (line.length + chunk.length > MAX_LINE_BYTES) {
        done({ kind: 'too-long' });
      } else {
        line = Buffer.concat([line, chunk]);
      }
    };
    const onEnd = (): void => done({ kind: 'unfinished', bytes: line.length });
    const onClose = (): void => done({ kind: 'lost' });
    const timer = setTimeout(() => done({ kind: 'timed-out' }), timeoutMs);
    timer.unref();
    socket.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/** What a client without a line is told; undefined where it wanted nothing: a port scan, a load balancer's health check. */
export function refusalWithoutLine(first: Exclude<NoLine, { kind: 'lost' }>): Refusal | undefined {
  switch (first.kind) {
    case 'too-long':
      return { token: 'invalid-handshake', problem: 'the line is longer than 256 bytes' };
    case 'timed-out':
      return { token: 'handshake-timeout' };
    case 'unfinished':
      return first.bytes === 0
        ? undefined
        : { token: 'invalid-handshake', problem: 'the line does not end in a line feed' };
  }
}
