import type { Duplex } from 'node:stream';
import { MAX_LINE_BYTES } from '../../protocol/limits.js';
import type { Refusal } from '../../protocol/replies.js';
import { type NoHead, readHead } from '../entrance/read-head.js';

interface Line {
  readonly kind: 'line';
  /** Without its LF, one character a byte. */
  readonly text: string;
  /** What came behind it. */
  readonly surplus: Buffer;
}

interface TooLong {
  readonly kind: 'too-long';
}

export type NoLine = TooLong | NoHead;

const LF = 0x0a;

/** Reads a client's first line. Leaves the stream paused. The deadline is absolute. */
export function readFirstLine(stream: Duplex, timeoutMs: number): Promise<Line | NoLine> {
  return readHead(stream, timeoutMs, findLine);
}

/** What a client without a line is told; undefined where it wanted nothing: a port scan, a load balancer's health check. */
export function refusalWithoutLine(
  first: Exclude<NoLine, { kind: 'lost' | 'stopped' }>,
): Refusal | undefined {
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

function findLine(bytes: Buffer): Line | TooLong | undefined {
  const at = bytes.indexOf(LF);
  if (at >= 0 && at < MAX_LINE_BYTES)
    return { kind: 'line', text: bytes.toString('latin1', 0, at), surplus: bytes.subarray(at + 1) };
  return bytes.length > MAX_LINE_BYTES ? { kind: 'too-long' } : undefined;
}
