import { MAX_CODE_LENGTH, MAX_RECEIVERS } from './limits.js';

export type Role = 'sender' | 'receiver';

/** What one handshake line asks for: `code ":" role *( ":" option ) LF`. */
export interface JoinRequest {
  readonly code: string;
  readonly role: Role;
  /** The room outlives a lost connection for the retry window. */
  readonly retry: boolean;
  /** The relay writes status lines. */
  readonly status: boolean;
  /** No `DISCONNECT` notice in the stream that this side reads. */
  readonly raw: boolean;
  /** A receiver that waits for a sender who is not there yet. */
  readonly wait: boolean;
  /** Whoever opens the room sets it; everyone after must present the same. */
  readonly key: string | undefined;
  /** From a sender: what shows a relay that knows its senders who it is. */
  readonly token: string | undefined;
  /** From a sender: how many receivers complete the room, 1 to 16. From a receiver: undefined. */
  readonly receivers: number | undefined;
}

export type Handshake =
  | { readonly ok: true; readonly request: JoinRequest }
  /** `problem` never repeats what the client wrote; `status`: it asked for status lines all the same. */
  | { readonly ok: false; readonly problem: string; readonly status: boolean };

const CODE = new RegExp(`^[A-Za-z0-9._-]{1,${MAX_CODE_LENGTH}}$`);
const ALPHABET = 'letters, digits, hyphens, underscores and dots';
const COUNT = /^[1-9][0-9]?$/;

/**
 * Parses one handshake line, without its LF; one CR before the LF is still on it.
 * `line` holds one character a byte (latin1), so that bytes outside ASCII stay visible.
 */
export function parseHandshake(line: string): Handshake {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const [code = '', role, ...options] = text.split(':');
  const fail = (problem: string): Handshake => ({ ok: false, problem, status: options.includes('status') });

  if (/[^\x20-\x7e]/.test(text)) return fail('only printable ASCII is allowed');
  if (text === '') return fail('the line is empty');
  if (role === undefined) return fail('expected code:role');
  if (code === '') return fail('the code is empty');
  if (!CODE.test(code)) return fail(`a code is 1 to ${MAX_CODE_LENGTH} ${ALPHABET}`);
  if (role !== 'sender' && role !== 'receiver') return fail('the role is sender or receiver');

  const seen = new Map<string, string | undefined>();
  for (const option of options) {
    const equals = option.indexOf('=');
    const name = equals < 0 ? option : option.slice(0, equals);
    const value = equals < 0 ? undefined : option.slice(equals + 1);
    const problem = checkOption(name, value, role);
    if (problem !== undefined) return fail(problem);
    if (seen.has(name)) return fail(`the option ${name} is given twice`);
    seen.set(name, value);
  }
  const receivers = seen.get('receivers');
  return {
    ok: true,
    request: {
      code,
      role,
      retry: seen.has('retry'),
      status: seen.has('status'),
      raw: seen.has('raw'),
      wait: seen.has('wait'),
      key: seen.get('key'),
      token: seen.get('token'),
      receivers: role === 'receiver' ? undefined : receivers === undefined ? 1 : Number(receivers),
    },
  };
}

/** What is wrong with one option, or undefined. */
function checkOption(name: string, value: string | undefined, role: Role): string | undefined {
  switch (name) {
    case 'retry':
    case 'status':
    case 'raw':
      return value === undefined ? undefined : `the option ${name} takes no value`;
    case 'wait':
      if (role !== 'receiver') return 'only a receiver can wait';
      return value === undefined ? undefined : 'the option wait takes no value';
    case 'key':
      return value !== undefined && CODE.test(value)
        ? undefined
        : `a key is 1 to ${MAX_CODE_LENGTH} ${ALPHABET}`;
    case 'token':
      if (role !== 'sender') return 'only a sender can show a token';
      return value !== undefined && CODE.test(value)
        ? undefined
        : `a token is 1 to ${MAX_CODE_LENGTH} ${ALPHABET}`;
    case 'receivers':
      if (role !== 'sender') return 'only a sender can set receivers';
      return value !== undefined && COUNT.test(value) && Number(value) <= MAX_RECEIVERS
        ? undefined
        : `receivers is a number from 1 to ${MAX_RECEIVERS}`;
    default:
      return 'unknown option';
  }
}

/** The line of a request, LF included: what a client writes. */
export function formatHandshake(request: Pick<JoinRequest, 'code' | 'role'> & Partial<JoinRequest>): string {
  const { code, role, retry, status, raw, wait, key, token, receivers } = request;
  const options = [
    retry && 'retry',
    status && 'status',
    raw && 'raw',
    wait && 'wait',
    key !== undefined && `key=${key}`,
    token !== undefined && `token=${token}`,
    receivers !== undefined && receivers > 1 && `receivers=${receivers}`,
  ];
  return `${[code, role, ...options.filter((option) => typeof option === 'string')].join(':')}\n`;
}
