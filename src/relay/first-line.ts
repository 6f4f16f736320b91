import type { Socket } from 'node:net';
import { MAX_LINE_BYTES } from '../protocol/limits.js';
import type { Refusal } from '../protocol/replies.js';
import { type Find, type Head, readHead } from './read-head.js';

export type FirstLine =
  /** `text`: the line without its LF, one character a byte. `surplus`: what came behind it. */
  { readonly kind: 'line'; readonly text: string; readonly surplus: Buffer } | NoLine;

export type NoLine = { readonly kind: 'too-long' } | Exclude<Head<never>, { kind: 'read' }>;

const LF = 0x0a;

/** Reads a client's first line. Leaves the socket paused. The deadline is absolute. */
export async function readFirstLine(socket: Socket, timeoutMs: number): Promise<FirstLine> {
  const head = await readHead(socket, timeoutMs, findLine);
  if (head.kind !== 'read') return head;
  const { value: text, surplus } = head;
  return text === undefined ? { kind: 'too-long' } : { kind: 'line', text, surplus };
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

/** Undefined is a line that is too long. */
const findLine: Find<string | undefined> = (bytes) => {
  const at = bytes.subarray(0, MAX_LINE_BYTES).indexOf(LF);
  if (at >= 0) return { value: bytes.toString('latin1', 0, at), length: at + 1 };
  return bytes.length > MAX_LINE_BYTES ? { value: undefined, length: 0 } : undefined;
};
