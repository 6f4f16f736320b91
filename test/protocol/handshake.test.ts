import { describe, expect, it } from 'vitest';
import { formatHandshake, type JoinRequest, parseHandshake } from '../../src/protocol/handshake.js';

const SENDER: JoinRequest = {
  code: 'abc',
  role: 'sender',
  retry: false,
  status: false,
  raw: false,
  wait: false,
  key: undefined,
  token: undefined,
  receivers: 1,
};
const RECEIVER: JoinRequest = { ...SENDER, role: 'receiver', receivers: undefined };

/** The whole alphabet of codes and keys: 65 characters, one more than either may have. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';

describe('accepts', () => {
  it.each<[line: string, request: JoinRequest]>([
    // What the plain clients of the original tool write.
    ['abc:sender', SENDER],
    ['abc:receiver', RECEIVER],
    ['abc:sender:retry', { ...SENDER, retry: true }],
    ['abc:receiver:retry', { ...RECEIVER, retry: true }],

    ['abc:sender:status', { ...SENDER, status: true }],
    ['abc:sender:raw', { ...SENDER, raw: true }],
    ['abc:sender:key=K.e-y_1', { ...SENDER, key: 'K.e-y_1' }],
    ['abc:sender:token=T.o-k_1', { ...SENDER, token: 'T.o-k_1' }],
    ['abc:sender:receivers=1', SENDER],
    ['abc:sender:receivers=2', { ...SENDER, receivers: 2 }],
    ['abc:sender:receivers=9', { ...SENDER, receivers: 9 }],
    ['abc:sender:receivers=10', { ...SENDER, receivers: 10 }],
    ['abc:sender:receivers=16', { ...SENDER, receivers: 16 }],
    ['abc:receiver:status', { ...RECEIVER, status: true }],
    ['abc:receiver:raw', { ...RECEIVER, raw: true }],
    ['abc:receiver:wait', { ...RECEIVER, wait: true }],
    ['abc:receiver:key=k', { ...RECEIVER, key: 'k' }],
    [
      'abc:sender:receivers=3:key=k:raw:status:retry',
      { ...SENDER, receivers: 3, key: 'k', raw: true, status: true, retry: true },
    ],
    [
      'abc:receiver:wait:retry:key=k:status:raw',
      { ...RECEIVER, wait: true, retry: true, key: 'k', status: true, raw: true },
    ],
    // Words of the grammar are codes and keys like any other.
    ['sender:sender', { ...SENDER, code: 'sender' }],
    ['status:receiver:key=retry', { ...RECEIVER, code: 'status', key: 'retry' }],
    // An index into an object would find something here.
    ['__proto__:sender:key=constructor', { ...SENDER, code: '__proto__', key: 'constructor' }],
  ])('%s', (line, request) => {
    expect(parseHandshake(line)).toEqual({ ok: true, request });
    expect(parseHandshake(`${line}\r`)).toEqual({ ok: true, request });
  });

  it('options in any order', () => {
    const [first, ...others] = ['retry:status:raw', 'status:raw:retry', 'raw:retry:status'].map((options) =>
      parseHandshake(`abc:receiver:${options}`),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  it.each(Array.from(ALPHABET))('%s in a code and in a key', (character) => {
    expect(parseHandshake(`${character}:sender:key=${character}`)).toEqual({
      ok: true,
      request: { ...SENDER, code: character, key: character },
    });
  });

  it('codes and keys of 64 characters, and not of 65', () => {
    const longest = ALPHABET.slice(0, 64);
    expect(parseHandshake(`${longest}:sender:key=${longest}`)).toEqual({
      ok: true,
      request: { ...SENDER, code: longest, key: longest },
    });
    expect(problemOf(`${ALPHABET}:sender`)).toBe(
      'a code is 1 to 64 letters, digits, hyphens, underscores and dots',
    );
    expect(problemOf(`abc:sender:token=${longest}`)).toBeUndefined();
    expect(problemOf(`abc:sender:token=${ALPHABET}`)).toBe(
      'a token is 1 to 64 letters, digits, hyphens, underscores and dots',
    );
    expect(problemOf(`abc:sender:key=${ALPHABET}`)).toBe(
      'a key is 1 to 64 letters, digits, hyphens, underscores and dots',
    );
  });
});

const ASCII = 'only printable ASCII is allowed';
const CODE = 'a code is 1 to 64 letters, digits, hyphens, underscores and dots';
const KEY = 'a key is 1 to 64 letters, digits, hyphens, underscores and dots';
const TOKEN = 'a token is 1 to 64 letters, digits, hyphens, underscores and dots';
const ROLE = 'the role is sender or receiver';
const COUNT = 'receivers is a number from 1 to 16';

describe('refuses', () => {
  it.each([
    ['', 'the line is empty'],
    ['\r', 'the line is empty'],
    ['abc', 'expected code:role'],
    ['sender', 'expected code:role'],
    ['GET / HTTP/1.1', 'expected code:role'],
    [':', 'the code is empty'],
    [':sender', 'the code is empty'],

    ['a b:sender', CODE],
    [' abc:sender', CODE],
    ['abc :sender', CODE],
    ['a/b:sender', CODE],
    ['a=b:sender', CODE],
    ['a\0b:sender', ASCII],
    ['a\tb:sender', ASCII],
    ['a\x1bb:sender', ASCII],
    ['a\x7fb:sender', ASCII],
    ['\xe4bc:sender', ASCII],
    ['\xff\xfe:sender', ASCII],
    // Only the one CR before the LF is not part of the line.
    ['abc\r:sender', ASCII],
    ['abc:sender\r\r', ASCII],
    ['\rabc:sender', ASCII],

    ['abc:', ROLE],
    ['abc::sender', ROLE],
    ['abc:peer', ROLE],
    ['abc:Sender', ROLE],
    ['abc:SENDER', ROLE],
    ['abc:RECEIVER', ROLE],
    ['abc:sender ', ROLE],
    ['abc: sender', ROLE],
    ['abc:senders', ROLE],
    ['abc:retry', ROLE],

    ['abc:sender:', 'unknown option'],
    ['abc:sender::retry', 'unknown option'],
    ['abc:sender:turbo', 'unknown option'],
    ['abc:sender:Retry', 'unknown option'],
    ['abc:sender:retry ', 'unknown option'],
    ['abc:sender:sender', 'unknown option'],
    ['abc:sender:=', 'unknown option'],
    ['abc:sender:toString', 'unknown option'],
    ['abc:sender:__proto__=1', 'unknown option'],
    ['abc:sender:retry=1', 'the option retry takes no value'],
    ['abc:sender:retry=', 'the option retry takes no value'],
    ['abc:sender:status=1', 'the option status takes no value'],
    ['abc:sender:raw=yes', 'the option raw takes no value'],
    ['abc:receiver:wait=1', 'the option wait takes no value'],

    ['abc:sender:retry:retry', 'the option retry is given twice'],
    ['abc:sender:status:status', 'the option status is given twice'],
    ['abc:sender:raw:status:raw', 'the option raw is given twice'],
    ['abc:receiver:wait:wait', 'the option wait is given twice'],
    ['abc:sender:key=a:key=b', 'the option key is given twice'],
    ['abc:sender:key=a:key=a', 'the option key is given twice'],
    ['abc:sender:receivers=2:receivers=2', 'the option receivers is given twice'],

    ['abc:sender:key', KEY],
    ['abc:sender:key=', KEY],
    ['abc:sender:key=a b', KEY],
    ['abc:sender:key=a=b', KEY],
    ['abc:receiver:key=a/b', KEY],

    ['abc:sender:token', TOKEN],
    ['abc:sender:token=', TOKEN],
    ['abc:sender:token=a b', TOKEN],
    ['abc:sender:token=a=b', TOKEN],
    ['abc:sender:token=a/b', TOKEN],
    ['abc:sender:token=a:token=a', 'the option token is given twice'],
    ['abc:receiver:token=a', 'only a sender can show a token'],
    ['abc:receiver:token', 'only a sender can show a token'],

    ['abc:sender:receivers', COUNT],
    ['abc:sender:receivers=', COUNT],
    ['abc:sender:receivers=0', COUNT],
    ['abc:sender:receivers=17', COUNT],
    ['abc:sender:receivers=99', COUNT],
    ['abc:sender:receivers=100', COUNT],
    ['abc:sender:receivers=01', COUNT],
    ['abc:sender:receivers=016', COUNT],
    ['abc:sender:receivers=-1', COUNT],
    ['abc:sender:receivers=+1', COUNT],
    ['abc:sender:receivers=1.0', COUNT],
    ['abc:sender:receivers=1e1', COUNT],
    ['abc:sender:receivers=0x2', COUNT],
    ['abc:sender:receivers= 2', COUNT],
    ['abc:sender:receivers=two', COUNT],

    ['abc:sender:wait', 'only a receiver can wait'],
    ['abc:receiver:receivers=2', 'only a sender can set receivers'],
    ['abc:receiver:receivers=1', 'only a sender can set receivers'],
  ])('%j: %s', (line, problem) => {
    expect(problemOf(line)).toBe(problem);
  });
});

describe('sees who wants status lines, malformed as the line is', () => {
  it.each([
    'abc:sender:turbo:status',
    'abc:sender:status:turbo',
    'abc:sender:status\r\r:status',
    'abc:sender:status:status',
    'abc:peer:status',
    'abc:Sender:status',
    ':sender:status',
    '::status',
    'a b:sender:status',
    '\xe4:sender:status',
    'abc:sender:wait:status',
    'abc:receiver:receivers=2:status',
    'abc:sender:key=:status\r',
  ])('%j', (line) => {
    expect(parseHandshake(line)).toMatchObject({ ok: false, status: true });
  });

  it.each(['status', 'status:sender:turbo', 'abc:status', 'abc:sender:status=1', 'abc:sender:STATUS', ''])(
    'and not in %j',
    (line) => {
      expect(parseHandshake(line)).toMatchObject({ ok: false, status: false });
    },
  );
});

describe('formatHandshake', () => {
  it.each<[line: string, request: Parameters<typeof formatHandshake>[0]]>([
    ['abc:sender\n', { code: 'abc', role: 'sender' }],
    ['abc:receiver\n', { code: 'abc', role: 'receiver' }],
    ['abc:sender:retry\n', { code: 'abc', role: 'sender', retry: true }],
    ['abc:sender\n', { code: 'abc', role: 'sender', receivers: 1 }],
    ['abc:sender\n', SENDER],
    ['abc:receiver\n', RECEIVER],
    [
      'abc:sender:retry:status:raw:key=k:receivers=16\n',
      { code: 'abc', role: 'sender', retry: true, status: true, raw: true, key: 'k', receivers: 16 },
    ],
    ['abc:sender:key=k:token=t\n', { code: 'abc', role: 'sender', token: 't', key: 'k' }],
    ['abc:receiver:wait\n', { code: 'abc', role: 'receiver', wait: true, status: false, key: undefined }],
  ])('%j', (line, request) => {
    expect(formatHandshake(request)).toBe(line);
  });
});

function problemOf(line: string): string | undefined {
  const handshake = parseHandshake(line);
  return handshake.ok ? undefined : handshake.problem;
}
