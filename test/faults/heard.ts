import { REFUSAL_TOKENS } from '../../src/protocol/replies.js';

/** What one party read, taken apart. */
export interface Heard {
  /** The relay said that its peer is there. Without status lines it does not say so. */
  readonly paired: boolean;
  readonly refusal: string | undefined;
  /** Bytes of its peer. */
  readonly payload: number;
  /** The reason; `plain` where it was said without one. */
  readonly notice: string | undefined;
}

const SENTENCES: readonly (readonly [string, RegExp])[] = [
  ['invalid-handshake', /^Invalid handshake: [^\n]+\.\n$/],
  ['handshake-timeout', /^Handshake timed out\.\n$/],
  ['invalid-code', /^Invalid code or key\.\n$/],
  ['code-in-use', /^Code already in use\.\n$/],
  ['room-full', /^Room is full\.\n$/],
  ['room-expired', /^Room expired: nobody joined in time\.\n$/],
];

export interface Expectation {
  readonly hasStatus: boolean;
  readonly isRaw: boolean;
  /** All that its peer wrote, or would have. */
  readonly source: Buffer;
  /** Its line was cut: the relay's words may have been cut too. */
  readonly mayBreakOff: boolean;
}

/**
 * Takes apart what was read, byte by byte: the relay's lines, a prefix of what the peer wrote, the notice at the end.
 * @throws where anything in it is none of these
 */
export function understand(bytes: Buffer, expectation: Expectation): Heard {
  const { hasStatus, source, mayBreakOff } = expectation;
  let at = 0;
  let paired = false;
  if (hasStatus) {
    const head = bytes.toString('latin1', 0, 600);
    const lines = /^(?:WAITING \d+\n)*(PAIRED\n)?/.exec(head) ?? [''];
    at = lines[0].length;
    paired = lines[1] !== undefined;
    if (!paired) return { ...nothing, ...wordsBefore(bytes.toString('latin1', at), mayBreakOff) };
  } else {
    const refusal = tokenOf(bytes.toString('latin1', 0, 600));
    if (refusal !== undefined) return { ...nothing, refusal };
  }
  const stream = bytes.subarray(at);
  // The notice may begin with what would have been the next byte: look for it first.
  const notice = noticeAtEnd(stream.toString('latin1', Math.max(0, stream.length - 20)), expectation);
  const payload = stream.subarray(0, stream.length - (notice?.line.length ?? 0));
  const right = commonPrefix(payload, source);
  if (right < payload.length) expectBrokenOff(payload.toString('latin1', right), right, expectation);
  return { paired, payload: right, refusal: undefined, notice: notice?.reason };
}

const nothing: Heard = { paired: false, refusal: undefined, payload: 0, notice: undefined };

/** A refusal before the pairing; or nothing. */
function wordsBefore(text: string, mayBreakOff: boolean): Partial<Heard> {
  if (text === '') return {};
  const [, token] = /^ERROR ([a-z-]+) [^\n]+\n$/.exec(text) ?? [];
  if (REFUSAL_TOKENS.some((known) => known === token)) return { refusal: token };
  // Before its line was read, everyone is answered in the plain form.
  const plain = tokenOf(text);
  if (plain !== undefined) return { refusal: plain };
  if (mayBreakOff && !text.includes('\n')) return {};
  throw new Error(`read instead of the relay's words: ${JSON.stringify(text.slice(0, 200))}`);
}

function tokenOf(text: string): string | undefined {
  return SENTENCES.find(([, sentence]) => sentence.test(text))?.[0];
}

function noticeAtEnd(
  end: string,
  { hasStatus, isRaw }: Expectation,
): { readonly line: string; readonly reason: string } | undefined {
  if (isRaw) return undefined;
  const notice = hasStatus ? /DISCONNECT (closed|lost|idle|shutdown)\n$/ : /DISCONNECT\n$/;
  const found = notice.exec(end);
  return found === null ? undefined : { line: found[0], reason: found[1] ?? 'plain' };
}

function expectBrokenOff(rest: string, at: number, { mayBreakOff }: Expectation): void {
  const words = ['DISCONNECT closed\n', 'DISCONNECT lost\n', 'DISCONNECT idle\n', 'Invalid', 'Room expired'];
  if (mayBreakOff && words.some((word) => word.startsWith(rest))) return;
  throw new Error(`read wrong bytes from ${at} on: ${rest.length}, ${JSON.stringify(rest.slice(0, 100))}`);
}

function commonPrefix(bytes: Buffer, source: Buffer): number {
  const length = Math.min(bytes.length, source.length);
  if (bytes.subarray(0, length).equals(source.subarray(0, length))) return length;
  let at = 0;
  while (bytes[at] === source[at]) at += 1;
  return at;
}
