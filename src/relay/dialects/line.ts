import type { Duplex } from 'node:stream';
import { parseHandshake } from '../../protocol/handshake.js';
import { MAX_LINE_BYTES } from '../../protocol/limits.js';
import { plainVoice, type Refusal, voice } from '../../protocol/replies.js';
import { type NoHead, readHead } from '../wire/read-head.js';
import { TcpWire } from '../wire/tcp.js';
import type { Wire } from '../wire/wire.js';
import type { Dialect, Greeting } from './dialect.js';

const LF = 0x0a;

/** The relay's own dialect: one line, `code ":" role *( ":" option ) LF`, then the bare stream. All that nothing else is. */
export const line: Dialect = {
  name: 'line',
  voice: plainVoice,
  sniff: () => 'mine',

  async greet(wire, head, timeLeft) {
    const first = await readFirstLine(wire.stream, timeLeft(), head);
    return first.kind === 'line' ? understand(wire, first) : withoutLine(wire, first);
  },

  restore(tcp, note) {
    const { status, raw } = note as Note;
    return { wire: new TcpWire(tcp), voice: voice({ status, raw }) };
  },
};

/** What is kept of a line to speak to its client. */
interface Note {
  readonly status: boolean;
  readonly raw: boolean;
}

/** The same object for all who asked for the same: there may be many. */
const NOTES: readonly Note[] = [false, true].flatMap((status) =>
  [false, true].map((raw) => Object.freeze({ status, raw })),
);

function noteOf({ status, raw }: Note): Note | undefined {
  return NOTES.find((note) => note.status === status && note.raw === raw);
}

interface Line {
  readonly kind: 'line';
  /** Without its LF, one character a byte. */
  readonly text: string;
  /** With its LF. */
  readonly said: Buffer;
  /** What came behind it. */
  readonly surplus: Buffer;
}

type NoLine = { readonly kind: 'too-long' } | NoHead;

/** Reads a client's first line. Leaves the stream paused. The deadline is absolute. */
export function readFirstLine(stream: Duplex, timeoutMs: number, head?: Buffer): Promise<Line | NoLine> {
  return readHead(stream, timeoutMs, findLine, head);
}

function findLine(bytes: Buffer): Line | { readonly kind: 'too-long' } | undefined {
  const at = bytes.indexOf(LF);
  if (at >= 0 && at < MAX_LINE_BYTES) {
    const text = bytes.toString('latin1', 0, at);
    return { kind: 'line', text, said: bytes.subarray(0, at + 1), surplus: bytes.subarray(at + 1) };
  }
  return bytes.length > MAX_LINE_BYTES ? { kind: 'too-long' } : undefined;
}

function understand(wire: Wire, { text, said, surplus }: Line): Greeting {
  const handshake = parseHandshake(text);
  if (!handshake.ok) {
    const { problem, status } = handshake;
    return refused(wire, { token: 'invalid-handshake', problem }, status);
  }
  const { request } = handshake;
  return { kind: 'join', wire, voice: voice(request), request, said, surplus, note: noteOf(request) };
}

function withoutLine(wire: Wire, failed: NoLine): Greeting {
  switch (failed.kind) {
    case 'lost':
    case 'stopped':
      return { kind: 'over' };
    case 'too-long':
      return invalid(wire, 'the line is longer than 256 bytes');
    case 'timed-out':
      return refused(wire, { token: 'handshake-timeout' });
    case 'unfinished':
      // A port scan, a load balancer's health check.
      if (failed.bytes === 0) return { kind: 'left', ending: 'closed' };
      return invalid(wire, 'the line does not end in a line feed');
  }
}

function invalid(wire: Wire, problem: string): Greeting {
  return refused(wire, { token: 'invalid-handshake', problem });
}

function refused(wire: Wire, refusal: Refusal, status = false): Greeting {
  return { kind: 'refused', wire, voice: voice({ status, raw: false }), refusal };
}
