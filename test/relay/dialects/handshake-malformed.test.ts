import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestRelay, startRelay } from '../../helpers/relay.js';

const CODE = 'Invalid handshake: a code is 1 to 64 letters, digits, hyphens, underscores and dots.\n';
const ASCII = 'Invalid handshake: only printable ASCII is allowed.\n';
const ROLE = 'Invalid handshake: the role is sender or receiver.\n';
const OPTION = 'Invalid handshake: unknown option.\n';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startRelay();
});
beforeEach(() => {
  relay.records.length = 0;
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
});

/** Refused with these words, by a relay that is none the worse for it: nothing is left, and a pair is served. */
async function expectRefused(line: string | Buffer, words: string): Promise<void> {
  expect(await relay.ask(line)).toBe(words);
  await relay.untilEmpty();
  expect(relay.records).toMatchObject([
    { ending: 'invalid-handshake', role: undefined, room: undefined, bytesIn: 0, bytesOut: 0 },
  ]);
  await expectWell();
}

async function expectWell(): Promise<void> {
  const { sender, receiver } = await relay.pair('well');
  sender.end('are you?');
  receiver.end();
  expect(await receiver.untilEnd()).toBe('are you?DISCONNECT\n');
  await relay.untilEmpty();
}

describe('malformed lines', () => {
  it.each([
    'a\0b:sender\n',
    '\0abc:sender\n',
    'a\x07b:sender\n',
    'a\x1b[2Jb:sender\n',
    'a\tb:receiver\n',
    'a\x7f:sender\n',
  ])('nul_or_control_in_code: %j', (line) => expectRefused(line, ASCII));

  it.each([
    ['an overlong slash', [0xc0, 0xaf]],
    ['a lone continuation', [0x80]],
    ['what is never in UTF-8', [0xff, 0xfe]],
    ['well-formed, and not ASCII', [0xc3, 0xa4]],
  ])('invalid_utf8: %s', (_, bytes) =>
    expectRefused(Buffer.concat([Buffer.from('a'), Buffer.from(bytes), Buffer.from(':sender\n')]), ASCII),
  );

  it.each([':sender\n', ':receiver\r\n', '::\n'])('empty_code: %j', (line) =>
    expectRefused(line, 'Invalid handshake: the code is empty.\n'),
  );

  it.each(['\n', '\r\n'])('empty_line: %j', (line) =>
    expectRefused(line, 'Invalid handshake: the line is empty.\n'),
  );

  it.each(['abc:peer\n', 'abc:\n', 'abc::sender\n', 'abc:send\n', 'abc: sender\n'])(
    'unknown_role: %j',
    (line) => expectRefused(line, ROLE),
  );

  it.each(['abc:SENDER\n', 'abc:Receiver\n'])('uppercase_role: %j', (line) => expectRefused(line, ROLE));

  it.each(['abc:sender:turbo\n', 'abc:receiver:Retry\n', 'abc:sender:\n', 'abc:sender:retry:\n'])(
    'unknown_option: %j',
    (line) => expectRefused(line, OPTION),
  );

  it.each([
    ['retry', 'abc:sender:retry:retry\n'],
    ['wait', 'abc:receiver:wait:retry:wait\n'],
    ['key', 'abc:receiver:key=a:key=b\n'],
    ['receivers', 'abc:sender:receivers=2:receivers=2\n'],
  ])('repeated_option: %s', (option, line) =>
    expectRefused(line, `Invalid handshake: the option ${option} is given twice.\n`),
  );

  it('with a code that is none', () => expectRefused('a b:sender\n', CODE));

  it('wait from a sender', () =>
    expectRefused('abc:sender:wait\n', 'Invalid handshake: only a receiver can wait.\n'));

  it('receivers from a receiver', () =>
    expectRefused('abc:receiver:receivers=2\n', 'Invalid handshake: only a sender can set receivers.\n'));

  it('the form with its token, for a line that asks for status lines', () =>
    expectRefused(
      'abc:sender:turbo:status\n',
      'ERROR invalid-handshake Invalid handshake: unknown option.\n',
    ));
});

describe('other protocols', () => {
  it('http_get: refused at its first line', () =>
    expectRefused(
      'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n',
      'Invalid handshake: expected code:role.\n',
    ));

  it('http_get: a line with a colon in it is not more welcome', () =>
    expectRefused('GET http://localhost:80/ HTTP/1.1\r\n\r\n', CODE));

  it('ssh_banner: refused at its first line', () =>
    expectRefused('SSH-2.0-OpenSSH_9.9\r\n', 'Invalid handshake: expected code:role.\n'));

  it('tls_hello: refused, without an answer that a TLS client would take for TLS', async () => {
    const client = connectTls({ host: '127.0.0.1', port: relay.port });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/^(ERR_SSL_|EPROTO|ECONNRESET)/);
    client.destroy();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'invalid-handshake', role: undefined }]);
    await expectWell();
  });
});
