import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Client } from '../../helpers/client.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';
import { CERTIFICATE, dialCuttable, RENEWED, tcpUnder } from '../../helpers/tls.js';

const TLS = { tls: CERTIFICATE };

/** A sender over TLS that is paired with a plain receiver. Nothing that the relay says to it reaches its TLS from now on. */
async function deafSender(
  relay: TestRelay,
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<{ sender: Client; tcp: Client; receiver: Client }> {
  const sender = Client.of(await dialCuttable(relay.port, version));
  sender.write('abc:sender\nwhat came before');
  await relay.untilRooms({ waiting: 1 });
  const receiver = await relay.connect('abc:receiver:status\n');
  await receiver.untilText('what came before');
  const below = tcpUnder(sender.socket);
  below.removeAllListeners('data').removeAllListeners('end');
  return { sender, tcp: Client.of(below), receiver };
}

/** The connection was over by the relay's hand, once, and the other side was told. */
async function expectLost(relay: TestRelay, tcp: Client, receiver: Client): Promise<void> {
  await tcp.until(({ ended, closed }) => ended || closed, 'the end of the connection');
  expect(await receiver.finish()).toBe('PAIRED\nwhat came beforeDISCONNECT lost\n');
  tcp.socket.destroy();
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['lost', 'lost']);
}

/** Asks for another handshake (RFC 5246, 7.4.1.1), and does not hear the answer. */
function renegotiate(socket: Socket): void {
  if (!(socket instanceof TLSSocket)) throw new Error('this socket is not TLS');
  socket.renegotiate({}, () => undefined);
}

describe('renegotiation', () => {
  it.each(['the first certificate', 'a renewed one'])(
    'with %s: there is none, and it ends the connection',
    async (which) => {
      await using relay = await startRelay(TLS);
      if (which === 'a renewed one') relay.relay.renewCertificate(RENEWED);
      const { sender, tcp, receiver } = await deafSender(relay, 'TLSv1.2');
      renegotiate(sender.socket);
      await expectLost(relay, tcp, receiver);
      // No answer to it but an alert: a handshake takes a thousand bytes and more.
      expect(tcp.length).toBeLessThan(100);
    },
  );

  it('ends one that waits, and leaves no room', async () => {
    await using relay = await startRelay(TLS);
    using sender = Client.of(await dialCuttable(relay.port, 'TLSv1.2'));
    sender.write('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    renegotiate(sender.socket);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'lost' }]);
  });

  it('ends one that has not sent its line', async () => {
    await using relay = await startRelay(TLS);
    using client = Client.of(await dialCuttable(relay.port, 'TLSv1.2'));
    renegotiate(client.socket);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'lost' }]);
  });
});

const record = (type: number, length: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(type, 3, 3, length >> 8, length & 0xff), content]);

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('an error of %s ends the connection', (version) => {
  it.each([
    ['a record that nobody with the key has written', record(0x17, 64, Buffer.alloc(64, 0x2a))],
    ['an alert in the clear', record(0x15, 2, Buffer.of(2, 80))],
    ['a record that is too long', record(0x17, 0x7000, Buffer.alloc(0x7000))],
    ['a record of no known kind', record(0x63, 32, Buffer.alloc(32))],
    ['what is not TLS', Buffer.from('GET / HTTP/1.1\r\nHost: relay.example.com\r\n\r\n')],
  ])('%s', async (_name, bytes) => {
    await using relay = await startRelay(TLS);
    const { tcp, receiver } = await deafSender(relay, version);
    tcp.write(bytes);
    await expectLost(relay, tcp, receiver);
  });
});
