import { describe, expect, it } from 'vitest';
import { headerV1, headerV2, headerV2Of, LOCAL_V2, UNKNOWN_V1 } from '../../helpers/proxy-headers.js';
import { startRelay } from '../../helpers/relay.js';

/** The tests are the proxy. */
const PROXY = { proxyProtocol: ['127.0.0.1'] };
const CLIENT = '203.0.113.9';
const OTHER = '198.51.100.7';
const NO_ROOM = 'Invalid code or key. You have 2 tries remaining before this code is blocked.\n';

const HEADERS: [string, Buffer][] = [
  ['version 1', headerV1(CLIENT)],
  ['version 2', headerV2Of(CLIENT)],
  ['version 2 with extensions', headerV2Of(CLIENT, 300)],
];

describe.each(HEADERS)('a header of %s', (_name, header) => {
  it('says whose the connection is, and what is behind it is the client`s, in one packet', async () => {
    await using relay = await startRelay(PROXY);
    const sender = await relay.connect(Buffer.concat([header, Buffer.from('abc:sender:raw\npayload')]));
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect(
      Buffer.concat([headerV1(OTHER), Buffer.from('abc:receiver:raw\nback')]),
    );
    await receiver.untilText('payload');
    await sender.untilText('back');
    sender.end();
    receiver.end();
    expect([await sender.untilClosed(), await receiver.untilClosed()]).toEqual(['back', 'payload']);
    await relay.untilEmpty();
    const ends = relay.records.map(({ source, ending, bytesIn }) => [source, ending, bytesIn]);
    expect(ends.sort()).toEqual([
      [OTHER, 'closed', 4],
      [CLIENT, 'closed', 7],
    ]);
  });

  it('and byte by byte', async () => {
    await using relay = await startRelay(PROXY);
    const client = await relay.connect();
    for (const byte of Buffer.concat([header, Buffer.from('abc:receiver\n')])) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.finish()).toBe(NO_ROOM);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ source: CLIENT, ending: 'invalid-code' }]);
  });
});

describe('the source in a header', () => {
  it('is the IPv6 /64, and ::ffff: is the IPv4 address', async () => {
    await using relay = await startRelay(PROXY);
    await relay.ask(Buffer.concat([headerV1('2001:db8:1:2:3::7'), Buffer.from('x\n')]));
    await relay.ask(Buffer.concat([headerV1(`::ffff:${CLIENT}`), Buffer.from('x\n')]));
    await relay.untilEmpty();
    expect(relay.records.map(({ source }) => source)).toEqual(['2001:db8:1:2::/64', CLIENT]);
  });

  it('is what connections are counted against, and the proxy is not', async () => {
    await using relay = await startRelay({ ...PROXY, rateLimitIp: 2 });
    const ask = (source: string) => relay.ask(Buffer.concat([headerV2Of(source), Buffer.from('x\n')]));
    const sources = [CLIENT, CLIENT, OTHER, OTHER, CLIENT, '192.0.2.77'];
    const words: string[] = [];
    for (const source of sources) words.push((await ask(source)).split(':')[0]!.split('.')[0]!.trim());
    const [fine, limited] = ['Invalid handshake', 'Rate limit exceeded for IP'];
    expect(words).toEqual([fine, fine, fine, fine, limited, fine]);
  });

  it('is whose open connections are counted, and those of the proxy itself are not', async () => {
    await using relay = await startRelay({ ...PROXY, maxConnectionsPerIp: 1 });
    for (const n of [1, 2, 3])
      await relay.connect(Buffer.concat([LOCAL_V2, Buffer.from(`own-${n}:sender\n`)]));
    await relay.connect(Buffer.concat([headerV1(CLIENT), Buffer.from('one:sender\n')]));
    await relay.untilRooms({ waiting: 4 });
    const line = Buffer.from('two:sender\n');
    expect(await relay.ask(Buffer.concat([headerV1(CLIENT), line]))).toBe(
      'Server is full. Try again later.\n',
    );
    await relay.connect(Buffer.concat([headerV1(OTHER), line]));
    await relay.untilRooms({ waiting: 5 });
  });

  it('is whom the lockout shuts out', async () => {
    await using relay = await startRelay({ ...PROXY, lockoutSourceAttempts: 2, lockoutAttempts: 0 });
    const guess = (source: string) =>
      relay.ask(Buffer.concat([headerV1(source), Buffer.from('abc:receiver\n')]));
    await guess(CLIENT);
    await guess(CLIENT);
    expect(await guess(CLIENT)).toBe('Too many failed attempts from your address. Try again later.\n');
    expect(await guess(OTHER)).toBe('Invalid code or key.\n');
  });
});

describe('a connection of the proxy itself', () => {
  it.each([
    ['LOCAL', LOCAL_V2],
    ['UNKNOWN', UNKNOWN_V1],
    ['a Unix socket', headerV2({ family: 0x31, addresses: Buffer.alloc(216, 1) })],
  ])('%s: has the proxy`s address, and no limit of connections', async (_name, header) => {
    await using relay = await startRelay({ ...PROXY, rateLimitIp: 1 });
    for (let n = 0; n < 3; n += 1) {
      const client = await relay.connect(header);
      client.end();
      expect(await client.untilClosed()).toBe('');
    }
    expect(await relay.ask(Buffer.concat([header, Buffer.from('abc:receiver\n')]))).toBe(NO_ROOM);
    await relay.untilEmpty();
    const ends = relay.records.map(({ source, ending }) => `${source} ${ending}`);
    expect(ends).toEqual([...Array<string>(3).fill('127.0.0.1 closed'), '127.0.0.1 invalid-code']);
  });

  it('that writes nothing at all is a health check too', async () => {
    await using relay = await startRelay(PROXY);
    const client = await relay.connect();
    client.end();
    expect(await client.untilClosed()).toBe('');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ source: '127.0.0.1', ending: 'closed' }]);
  });
});

describe('from a proxy, a connection without a good header', () => {
  it.each([
    ['a line', 'abc:sender\n', 'expected a PROXY header'],
    ['TLS', '\x16\x03\x01\x02', 'expected a PROXY header'],
    ['a bad header', 'PROXY TCP4 a b c d\r\n', 'the PROXY header is malformed'],
    ['no IP address', 'PROXY TCP6 ::1::2 ::1 1 2\r\n', 'the PROXY header has no IP address'],
    ['a long one', `PROXY UNKNOWN ${'x'.repeat(100)}`, 'the PROXY header is too long'],
  ])('is refused: %s', async (_name, text, problem) => {
    await using relay = await startRelay(PROXY);
    expect(await relay.ask(Buffer.from(text, 'latin1'))).toBe(`Invalid handshake: ${problem}.\n`);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ source: '127.0.0.1', ending: 'invalid-handshake', bytesIn: 0 }]);
  });

  it('is refused where it is cut off', async () => {
    await using relay = await startRelay(PROXY);
    const client = await relay.connect('PROXY TCP4');
    client.end();
    expect(await client.untilClosed()).toBe('Invalid handshake: the PROXY header is cut off.\n');
  });

  it('has until the handshake timeout, header and line together', async () => {
    await using relay = await startRelay({ ...PROXY, handshakeTimeoutMs: 300 });
    const since = performance.now();
    const [silent, late] = await Promise.all([relay.connect(), relay.connect('PROXY TCP4 ')]);
    const half = await relay.connect(headerV1(CLIENT));
    for (const client of [silent, late, half]) {
      expect(await client.untilEnd()).toBe('Handshake timed out.\n');
    }
    expect(performance.now() - since).toBeGreaterThan(250);
  });

  it('takes a place of all connections, and gives it back', async () => {
    await using relay = await startRelay({ ...PROXY, maxConnections: 1 });
    const silent = await relay.connect();
    const line = Buffer.concat([headerV1(CLIENT), Buffer.from('abc:sender\n')]);
    expect(await relay.ask(line)).toBe('Server is full. Try again later.\n');
    silent.reset();
    await relay.untilEmpty();
    await relay.connect(line);
    await relay.untilRooms({ waiting: 1 });
    expect(relay.records.map(({ source, ending }) => [source, ending])).toContainEqual([
      CLIENT,
      'server-full',
    ]);
  });

  it('is told when the relay stops', async () => {
    await using relay = await startRelay(PROXY);
    const silent = await relay.connect();
    await expect.poll(() => relay.open()).toBe(1);
    const closing = relay.relay.close();
    expect(await silent.finish()).toBe('Server is shutting down.\n');
    await closing;
  });
});

describe('from anybody else', () => {
  it('a header is an invalid handshake', async () => {
    await using relay = await startRelay({ proxyProtocol: ['10.0.0.0/8', '::1'] });
    const line = Buffer.concat([headerV1(CLIENT), Buffer.from('abc:receiver\n')]);
    expect(await relay.ask(line)).toBe('Invalid handshake: expected code:role.\n');
    expect(await relay.ask('abc:receiver\n')).toBe(NO_ROOM);
    await relay.untilEmpty();
    expect(relay.records.map(({ source }) => source)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('on the same relay lines are as ever', async () => {
    await using relay = await startRelay(PROXY);
    expect(await relay.ask('abc:receiver\n', { localAddress: '127.0.0.2' })).toBe(NO_ROOM);
  });
});

it('a network that is none is named', async () => {
  await expect(startRelay({ proxyProtocol: ['10.0.0.0/8', 'haproxy'] })).rejects.toThrow('"haproxy"');
});
