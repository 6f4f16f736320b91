import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { Client } from '../../helpers/client.js';
import { startRelay } from '../../helpers/relay.js';
import { CERTIFICATE, dialRelay, overTls } from '../../helpers/tls.js';

/** RFC 8446, 5.2 and 6: a level and a description, the type of the record, and the tag of AES-GCM. Tickets are longer. */
const CLOSE_NOTIFY_BYTES = 2 + 1 + 16;

/** RFC 8446, 5.1: a type, a version, a length. */
function lastRecordBytes(bytes: Buffer): number | undefined {
  let length: number | undefined;
  for (let at = 0; at + 5 <= bytes.length; at += 5 + length) length = bytes.readUInt16BE(at + 3);
  return length;
}

it('a FIN right behind the handshake, whose last records are still on their way, has the end of TLS before it', async () => {
  await using relay = await startRelay({ tls: CERTIFICATE });
  const sender = await relay.connect('abc:sender:receivers=2:raw\n');
  sender.end();
  const last = await relay.connect();
  const tcp = await dialRelay(relay.port);
  const seen: Buffer[] = [];
  const held: Buffer[] = [];
  const way = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, next) {
      if (seen.length === 0) tcp.write(chunk);
      else held.push(chunk);
      next();
    },
  });
  tcp.on('data', (chunk: Buffer) => {
    seen.push(chunk);
    way.push(chunk);
  });
  tcp.on('end', () => way.push(null));
  using receiver = Client.of(overTls(way, tcp, 'TLSv1.3'));
  await new Promise((resolve) => receiver.socket.write('abc:receiver:raw\n', resolve));
  // The end of its handshake and its line come in one packet, and with them the line that completes the room: that is
  // over at once, and the relay's tickets are on their way.
  tcp.write(Buffer.concat(held));
  last.write('abc:receiver:raw\n');
  await receiver.untilEnd();
  expect(lastRecordBytes(Buffer.concat(seen))).toBe(CLOSE_NOTIFY_BYTES);
  tcp.destroy();
  last.end();
  await relay.untilEmpty();
});
