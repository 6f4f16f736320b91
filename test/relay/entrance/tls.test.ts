import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Client } from '../../helpers/client.js';
import { feed, feedUntilStalled, noise, noiseHash, sha256, Sink } from '../../helpers/flow.js';
import { headerV2Of, LOCAL_V2 } from '../../helpers/proxy-headers.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';
import { CERTIFICATE, dialCuttable, RENEWED, subjectOf, tcpUnder } from '../../helpers/tls.js';

type Over = true | 'TLSv1.2' | 'TLSv1.3' | undefined;

const TLS = { tls: CERTIFICATE };

const SIDES = [
  ['TLS 1.3 to plain', 'TLSv1.3', undefined],
  ['TLS 1.2 to plain', 'TLSv1.2', undefined],
  ['plain to TLS 1.3', undefined, 'TLSv1.3'],
  ['plain to TLS 1.2', undefined, 'TLSv1.2'],
  ['TLS to TLS', true, true],
  ['plain to plain, at a relay that takes TLS', undefined, undefined],
] as const;

/** A sender and a receiver that are paired. */
async function pair(
  relay: TestRelay,
  [senderTls, receiverTls]: readonly [Over, Over],
  options = '',
): Promise<{ sender: Client; receiver: Client }> {
  const sender = await relay.connect(`abc:sender${options}\n`, { tls: senderTls });
  await relay.untilRooms({ waiting: 1 });
  const receiver = await relay.connect(`abc:receiver${options}\n`, { tls: receiverTls });
  await relay.untilRooms({ paired: 1 });
  return { sender, receiver };
}

const endings = (relay: TestRelay): string[] => relay.records.map(({ ending }) => ending).sort();

describe.each(SIDES)('%s', (_name, ...over) => {
  it('moves bytes both ways, half-closes, and tells the end', async () => {
    await using relay = await startRelay(TLS);
    const { sender, receiver } = await pair(relay, over);
    sender.end('to you');
    expect(await receiver.untilEnd()).toBe('to youDISCONNECT\n');
    // It may still answer.
    receiver.end('and back');
    expect(await sender.untilEnd()).toBe('and backDISCONNECT\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'closed' }, { ending: 'closed' }]);
    const bytes = relay.records.map(({ role, bytesIn, bytesOut }) => [role, bytesIn, bytesOut]);
    expect(bytes.sort()).toEqual([
      ['receiver', 8, 6],
      ['sender', 6, 8],
    ]);
  });

  it('tells of a reset', async () => {
    await using relay = await startRelay(TLS);
    const { sender, receiver } = await pair(relay, over, ':status');
    sender.write('half');
    await receiver.untilText('half');
    sender.reset();
    expect(await receiver.finish()).toBe('PAIRED\nhalfDISCONNECT lost\n');
    await relay.untilEmpty();
    expect(endings(relay)).toEqual(['lost', 'lost']);
  });

  it('stalls the sender of a receiver that does not read, and the notice is behind all bytes', async () => {
    await using relay = await startRelay(TLS);
    const { sender, receiver } = await pair(relay, over);
    receiver.socket.pause();
    await feedUntilStalled(sender.socket);
    // Also what has not left its process yet.
    const whole = sender.socket.bytesWritten;
    sender.end();
    receiver.socket.resume();
    await receiver.untilEnd();
    expect(receiver.bytes.subarray(-11).toString()).toBe('DISCONNECT\n');
    // The line and the notice are of one length.
    expect(receiver.bytes.length).toBe(whole);
    receiver.end();
    await relay.untilEmpty();
    expect(endings(relay)).toEqual(['closed', 'closed']);
  });
});

describe('100 MB both ways at once', () => {
  it.each([
    ['TLS to plain', true, undefined],
    ['TLS to TLS', true, true],
  ] as const)('%s', async (_name, senderTls, receiverTls) => {
    const bytes = 100e6;
    await using relay = await startRelay(TLS);
    using sender = await Sink.connect(relay.port, { line: 'big:sender\n', payload: bytes, tls: senderTls });
    await relay.untilRooms({ waiting: 1 });
    using receiver = await Sink.connect(relay.port, {
      line: 'big:receiver\n',
      payload: bytes,
      tls: receiverTls,
    });
    await Promise.all([feed(sender.socket, bytes, 1), feed(receiver.socket, bytes, 2)]);
    sender.socket.end();
    receiver.socket.end();
    await Promise.all([sender.untilEnd(), receiver.untilEnd()]);
    expect([sender.rest, receiver.rest]).toEqual(['DISCONNECT\n', 'DISCONNECT\n']);
    expect([sender.digest(), receiver.digest()]).toEqual([noiseHash(bytes, 2), noiseHash(bytes, 1)]);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([
      { ending: 'closed', bytesIn: bytes, bytesOut: bytes },
      { ending: 'closed', bytesIn: bytes, bytesOut: bytes },
    ]);
  });
});

describe('a stream over TLS that is cut off by FIN', () => {
  it('is lost, not closed: it may not be whole', async () => {
    await using relay = await startRelay(TLS);
    using sender = Client.of(await dialCuttable(relay.port));
    sender.write('abc:sender\nhalf of i');
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('abc:receiver:status\n');
    await receiver.untilText('half of i');
    tcpUnder(sender.socket).end();
    expect(await receiver.finish()).toBe('PAIRED\nhalf of iDISCONNECT lost\n');
    await relay.untilEmpty();
    expect(endings(relay)).toEqual(['lost', 'lost']);
  });

  it('is lost behind much that the receiver has not taken', async () => {
    const payload = noise(3e6);
    await using relay = await startRelay(TLS);
    using sender = Client.of(await dialCuttable(relay.port));
    sender.write('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    using receiver = await Sink.connect(relay.port, {
      line: 'abc:receiver:status\n',
      payload: 7 + payload.length,
    });
    const stop = receiver.readSlowly(20e6);
    sender.socket.write(payload, () => tcpUnder(sender.socket).end());
    await receiver.untilEnd();
    stop();
    expect(receiver.rest).toBe('DISCONNECT lost\n');
    expect(receiver.digest()).toBe(sha256(Buffer.from('PAIRED\n'), payload));
  });

  it('and is not where its own end came, behind much that the receiver has not taken', async () => {
    const payload = noise(3e6);
    await using relay = await startRelay(TLS);
    const sender = await relay.connect('abc:sender\n', { tls: true });
    await relay.untilRooms({ waiting: 1 });
    using receiver = await Sink.connect(relay.port, {
      line: 'abc:receiver:status\n',
      payload: 7 + payload.length,
    });
    const stop = receiver.readSlowly(20e6);
    sender.end(payload);
    await receiver.untilEnd();
    stop();
    expect(receiver.rest).toBe('DISCONNECT closed\n');
    expect(receiver.digest()).toBe(sha256(Buffer.from('PAIRED\n'), payload));
  });

  it('while it waits: it leaves its room, where a plain client that half-closes stays', async () => {
    await using relay = await startRelay(TLS);
    using cut = Client.of(await dialCuttable(relay.port));
    cut.write('cut:sender\nsome');
    const whole = await relay.connect('whole:sender\n', { tls: true });
    await relay.untilRooms({ waiting: 2 });
    tcpUnder(cut.socket).end();
    whole.end('all of it');
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('whole:receiver:raw\n', { tls: true });
    expect(await receiver.finish()).toBe('all of it');
  });
});

describe('several receivers', () => {
  it('with TLS and without get the same, and one that is lost does not hold up the others', async () => {
    const payload = noise(2e6);
    await using relay = await startRelay(TLS);
    const sender = await relay.connect('abc:sender:receivers=3\n', { tls: true });
    await relay.untilRooms({ waiting: 1 });
    const receivers = [
      await relay.connect('abc:receiver:raw\n', { tls: true }),
      await relay.connect('abc:receiver:raw\n'),
    ];
    const lost = await relay.connect('abc:receiver:raw\n', { tls: true });
    await relay.untilRooms({ paired: 1 });
    sender.write('first');
    await lost.untilText('first');
    lost.reset();
    sender.end(payload);
    for (const receiver of receivers) {
      await receiver.untilEnd();
      expect(sha256(receiver.bytes)).toBe(sha256(Buffer.from('first'), payload));
      receiver.end();
    }
    await relay.untilEmpty();
    expect(endings(relay)).toEqual(['closed', 'closed', 'closed', 'lost']);
  });

  it('drops one over TLS that takes nothing, by a reset', async () => {
    await using relay = await startRelay({ ...TLS, stallTimeoutMs: 300 });
    const sender = await relay.connect('abc:sender:receivers=2\n');
    await relay.untilRooms({ waiting: 1 });
    const frozen = await relay.connect('abc:receiver\n', { tls: true });
    const other = await relay.connect('abc:receiver\n', { tls: true });
    await relay.untilRooms({ paired: 1 });
    frozen.socket.pause();
    await feed(sender.socket, 30e6);
    sender.end();
    expect((await other.finish()).endsWith('DISCONNECT\n')).toBe(true);
    expect(other.bytes.length).toBe(30e6 + 11);
    frozen.socket.resume();
    // Behind data, Node shows a reset as an end; TLS's own end it is not.
    await frozen.until((client) => client.ended || client.closed);
    expect(frozen.bytes.length).toBeLessThan(30e6);
    expect(frozen.text).not.toContain('DISCONNECT');
    await relay.untilEmpty();
    expect(endings(relay)).toEqual(['closed', 'closed', 'idle']);
  });
});

describe('a new certificate', () => {
  it('is for who connects from now on, and a transfer goes on', async () => {
    await using relay = await startRelay(TLS);
    const { sender, receiver } = await pair(relay, [true, true]);
    sender.write('before ');
    await receiver.untilText('before ');
    relay.relay.renewCertificate(RENEWED);
    const newcomer = await relay.connect('new:sender\n', { tls: true });
    expect([subjectOf(sender.socket), subjectOf(newcomer.socket)]).toEqual(['localhost', 'renewed']);
    sender.end('after');
    expect(await receiver.finish()).toBe('before afterDISCONNECT\n');
  });

  it('that cannot be used leaves the old one', async () => {
    await using relay = await startRelay(TLS);
    for (const bad of [
      { ...RENEWED, key: CERTIFICATE.key },
      { cert: 'x', key: 'y' },
    ]) {
      expect(() => relay.relay.renewCertificate(bad)).toThrow();
    }
    expect(subjectOf((await relay.connect('abc:sender\n', { tls: true })).socket)).toBe('localhost');
    await using plain = await startRelay();
    expect(() => plain.relay.renewCertificate(RENEWED)).toThrow('takes no TLS');
  });
});

describe('behind a proxy', () => {
  it('TLS comes behind the header, and the header is not part of it', async () => {
    await using relay = await startRelay({ ...TLS, proxyProtocol: ['127.0.0.1'] });
    const sender = await relay.connect('abc:sender\nhello', {
      tls: true,
      before: headerV2Of('203.0.113.9', 50),
    });
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('abc:receiver:raw\n', { tls: true, before: LOCAL_V2 });
    await receiver.untilText('hello');
    sender.end();
    await receiver.finish();
    await relay.untilEmpty();
    expect(relay.records.map(({ source }) => source).sort()).toEqual(['127.0.0.1', '203.0.113.9']);
  });
});

it('a reset right behind the handshake is never missed', async () => {
  await using relay = await startRelay({ ...TLS, lockoutSourceAttempts: 0 });
  for (let n = 0; n < 20; n += 1) {
    const client = await relay.connect(`c${n}:sender\n`, { tls: true });
    const closed = once(client.socket, 'close');
    client.reset();
    await closed;
  }
  await relay.untilEmpty();
  expect(endings(relay)).toEqual(Array(20).fill('lost'));
});
