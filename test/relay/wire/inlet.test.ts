import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { READ_AHEAD_BYTES } from '../../../src/protocol/limits.js';
import { Inlet } from '../../../src/relay/wire/inlet.js';
import { TcpWire } from '../../../src/relay/wire/tcp.js';
import type { StreamEnd } from '../../../src/relay/wire/wire.js';
import { eventually } from '../../helpers/eventually.js';
import { noise, sha256 } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';
import { socketPair } from '../../helpers/sockets.js';

const NOTHING = Buffer.alloc(0);

async function readAll(inlet: Inlet): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of inlet) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const written = (socket: { write: (data: Buffer, done: () => void) => unknown }, data: Buffer) =>
  new Promise<void>((resolve) => socket.write(data, resolve));

describe('Inlet', () => {
  it('gives what came behind the line first, then the rest, and counts all of it', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), Buffer.from('sur'));
    pair.client.end('plus');
    expect((await readAll(inlet)).toString()).toBe('surplus');
    expect([inlet.bytes, inlet.end]).toEqual([7, 'closed']);
  });

  it('tells of each chunk, and of the end before the last bytes are read', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
    let counted = 0;
    let end: StreamEnd | undefined;
    inlet.onBytes = (bytes) => (counted += bytes);
    inlet.onEnd = (how) => (end = how);
    inlet.read(0);
    pair.client.end(noise(1000));
    await eventually(() => expect(end).toBe('closed'));
    expect([counted, inlet.readableLength]).toEqual([1000, 1000]);
    expect(await readAll(inlet)).toHaveLength(1000);
  });

  it('reads ahead by 64 KiB exactly, and goes on when it is opened', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
    const payload = noise(8 * 1024 * 1024);
    inlet.read(0);
    pair.client.end(payload);
    await eventually(() => expect(inlet.bytes).toBe(64 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(inlet.bytes).toBe(64 * 1024);
    inlet.open();
    expect(sha256(await readAll(inlet))).toBe(sha256(payload));
  });

  it.each(['while it reads ahead', 'while its reader pauses'])(
    'copies small chunks together %s, so that each does not cost a buffer of its own',
    async (when) => {
      using pair = await socketPair();
      const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
      if (when === 'while its reader pauses') {
        inlet.open();
        inlet.pause();
      }
      const sent = noise(10_000);
      for (const byte of sent) pair.server.emit('data', Buffer.of(byte));
      expect(inlet.bytes).toBe(10_000);
      inlet.open();
      const chunks: Buffer[] = [];
      inlet.on('data', (chunk: Buffer) => chunks.push(chunk));
      inlet.resume();
      pair.client.end();
      await once(inlet, 'end');
      expect(Buffer.concat(chunks).equals(sent)).toBe(true);
      expect(chunks.length).toBeLessThan(10);
    },
  );

  it('is lost, behind all bytes, where the socket is reset', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
    inlet.open();
    await written(pair.client, noise(90_000));
    pair.client.resetAndDestroy();
    expect(sha256(await readAll(inlet))).toBe(sha256(noise(90_000)));
    expect(inlet.end).toBe('lost');
  });

  it('gives what the socket still holds too, where it is reset while nobody takes anything', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
    inlet.open();
    await written(pair.client, noise(READ_AHEAD_BYTES));
    await eventually(() => expect(inlet.bytes).toBe(READ_AHEAD_BYTES));
    // The inlet is full, and the socket has room of its own: it reads on, and learns of the reset.
    await written(pair.client, noise(5_000, 2));
    await eventually(() => expect(pair.server.readableLength).toBe(5_000));
    pair.client.resetAndDestroy();
    await eventually(() => expect(pair.server.closed).toBe(true));
    expect(sha256(await readAll(inlet))).toBe(sha256(noise(READ_AHEAD_BYTES), noise(5_000, 2)));
    expect(inlet.end).toBe('lost');
  });

  it('cut: what is here goes out, and nothing more is read', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), NOTHING);
    inlet.read(0);
    pair.client.write('before');
    await eventually(() => expect(inlet.bytes).toBe(6));
    inlet.cut();
    pair.client.write(' after');
    expect((await readAll(inlet)).toString()).toBe('before');
    expect([inlet.end, inlet.bytes, pair.server.destroyed]).toEqual(['lost', 6, false]);
  });

  it('leaves the socket as it is when a pipeline fails', async () => {
    using pair = await socketPair();
    const inlet = new Inlet(new TcpWire(pair.server), Buffer.from('x'));
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    await expect(pipeline(inlet, failing)).rejects.toThrow('full');
    expect([inlet.destroyed, pair.server.destroyed]).toEqual([true, false]);
    pair.server.end('last words');
    const [words] = (await once(pair.client, 'data')) as [Buffer];
    expect(words.toString()).toBe('last words');
  });
});

it('while its room waits, a client is read ahead by 64 KiB at most', async () => {
  await using relay = await startRelay();
  const line = Buffer.from('early:sender\n');
  const sender = await relay.connect(Buffer.concat([line, noise(60_000)]));
  await relay.untilRooms({ waiting: 1 });
  sender.write(noise(1024 * 1024, 2));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const closed = relay.relay.close({ graceMs: 0 });
  await sender.untilEnd();
  sender.reset();
  await closed;
  await relay.untilEmpty();
  expect(relay.records[0]).toMatchObject({ ending: 'shutting-down' });
  expect(relay.records[0]!.bytesIn).toBeLessThanOrEqual(64 * 1024);
});
