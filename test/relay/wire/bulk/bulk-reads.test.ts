import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { BufferPool, LARGEST_BYTES } from '../../../../src/relay/wire/bulk/buffer-pool.js';
import { Inlet } from '../../../../src/relay/wire/inlet.js';
import { TcpWire } from '../../../../src/relay/wire/tcp.js';
import { ReadTurns } from '../../../../src/relay/wire/bulk/read-turns.js';
import { eventually } from '../../../helpers/eventually.js';
import { feed, feedUntilStalled, noise, noiseHash, sha256, Sink } from '../../../helpers/flow.js';
import { startRelay, type TestRelay } from '../../../helpers/relay.js';
import { socketPair } from '../../../helpers/sockets.js';

const MIB = 1024 * 1024;

/** Reads for a while, then not, at random: each seed its own rhythm. */
function readByFits(socket: Socket, seed: number): void {
  let state = seed;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  socket.on('data', () => {
    if (random(4) > 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), random(12)).unref();
  });
}

async function member(relay: TestRelay, line: string, bytes: number, seed: number): Promise<Sink> {
  const sink = await Sink.connect(relay.port, { line, payload: bytes });
  readByFits(sink.socket, seed);
  return sink;
}

/** In pieces that are read one by one, too small to make whoever pipes them pause. */
async function feedPieces(socket: Socket, payload: Buffer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < payload.length; at += pieceBytes) {
    const piece = payload.subarray(at, at + pieceBytes);
    await new Promise((resolve) => socket.write(piece, resolve));
    // The relay, in this same process, reads it.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What the sockets of this system read with; undefined where it is not to be found. */
function prototypeWithBuffers(socket: Socket): { useUserBuffer?: unknown } | undefined {
  let prototype: object | null = (socket as unknown as { _handle: object })._handle;
  while (prototype !== null && !Object.hasOwn(prototype, 'useUserBuffer'))
    prototype = Object.getPrototypeOf(prototype) as object | null;
  return prototype ?? undefined;
}

async function piped(options: { readonly pool: BufferPool }) {
  const [from, to] = [await socketPair(), await socketPair()];
  const inlet = new Inlet(new TcpWire(from.server), Buffer.alloc(0));
  const flow = pipeline(inlet, to.server, { end: false }).catch(() => undefined);
  inlet.open({ pool: options.pool, turns: new ReadTurns() }, () => to.server.writableLength);
  return { from, to, inlet, flow };
}

describe('bulk reads', () => {
  // 1 MiB is used up at once: some read into it, the others as plain sockets do, and they change places.
  it.each([256, 1, 0])(
    'move every byte right, both ways, to readers that stop and go, with %i MiB of buffers',
    async (bufferMemoryMiB) => {
      await using relay = await startRelay({ bufferMemoryMiB });
      const bytes = 12 * MIB;
      const pairs = Array.from({ length: 6 }, async (_, pair) => {
        const [up, down] = [2 * pair + 1, 2 * pair + 2];
        using sender = await member(relay, `bulk-${pair}:sender:raw\n`, bytes, down);
        using receiver = await member(relay, `bulk-${pair}:receiver:raw:wait\n`, bytes, up);
        await Promise.all([
          feed(sender.socket, bytes, up).then(() => sender.socket.end()),
          feed(receiver.socket, bytes, down).then(() => receiver.socket.end()),
          sender.untilEnd(),
          receiver.untilEnd(),
        ]);
        expect([sender.count, receiver.count]).toEqual([bytes, bytes]);
        expect([sender.digest(), receiver.digest()]).toEqual([noiseHash(bytes, down), noiseHash(bytes, up)]);
      });
      await Promise.all(pairs);
      await relay.untilEmpty();
    },
  );

  it('move every byte right to several receivers, though one is lost on the way', async () => {
    await using relay = await startRelay();
    const bytes = 24 * MIB;
    using sender = await member(relay, 'fan:sender:raw:receivers=3\n', 0, 1);
    await relay.untilRooms({ waiting: 1 });
    const receivers: Sink[] = [];
    const line = 'fan:receiver:raw\n';
    for (let n = 0; n < 3; n += 1) receivers.push(await Sink.connect(relay.port, { line, payload: bytes }));
    const [lost, ...others] = receivers;
    // Full reads at first, so that the large buffers come in; then what a wide-area line brings.
    const payload = noise(bytes, 9);
    const fed = feedPieces(sender.socket, payload.subarray(0, 2 * MIB), 2 * MIB)
      .then(() => feedPieces(sender.socket, payload.subarray(2 * MIB), 40_000))
      .then(() => sender.socket.end());
    await eventually(() => expect(lost!.count).toBeGreaterThan(4 * MIB));
    // Until the kernel takes no more, and what is in flight stays so.
    for (const { socket } of receivers) socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    lost!.socket.resetAndDestroy();
    for (const { socket } of others) socket.resume();
    await Promise.all([fed, ...others.map((receiver) => receiver.untilEnd())]);
    for (const receiver of others) {
      expect([receiver.count, receiver.digest()]).toEqual([bytes, noiseHash(bytes, 9)]);
      receiver[Symbol.dispose]();
    }
    await relay.untilEmpty();
  });

  it('hold no buffer for a pair that rests, and go on when it moves again', async () => {
    const pool = new BufferPool(16 * MIB);
    const { from, to, inlet } = await piped({ pool });
    const chunks: Buffer[] = [];
    to.client.on('data', (chunk: Buffer) => chunks.push(chunk));
    const count = (): number => chunks.reduce((sum, { length }) => sum + length, 0);
    const parts = [noise(8 * MIB, 1), noise(10, 2), noise(8 * MIB, 3), noise(8 * MIB, 4)];
    let sent = 0;
    for (const part of parts) {
      from.client.write(part);
      sent += part.length;
      await eventually(() => expect(count()).toBe(sent));
      // It has read since the first one, and not since the second one.
      pool.sweep();
      pool.sweep();
      expect(pool.bytes).toBe(0);
    }
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(...parts));
    inlet.destroy();
    from[Symbol.dispose]();
    to[Symbol.dispose]();
  });

  it('hold one buffer at most for a pair that is stalled', async () => {
    const pool = new BufferPool(16 * MIB);
    const another = { rest: () => undefined };
    pool.join(another);
    const { from, to, inlet } = await piped({ pool });
    await feedUntilStalled(from.client);
    // Nothing can be read between the two, so that only what is in flight is left.
    pool.sweep();
    pool.sweep();
    expect(pool.bytes).toBeLessThanOrEqual(LARGEST_BYTES);
    inlet.destroy();
    // The write that is under way still reads from it: it is not lent again.
    expect(pool.bytes).toBe(0);
    pool.leave(another);
    from[Symbol.dispose]();
    to[Symbol.dispose]();
  });

  it('are done without where this Node has no way to them, which is said once', async () => {
    using sample = await socketPair();
    const prototype = prototypeWithBuffers(sample.server)!;
    const { useUserBuffer } = prototype;
    const notices: string[] = [];
    try {
      delete prototype.useUserBuffer;
      await using relay = await startRelay({ onNotice: (notice) => notices.push(notice) });
      for (const code of ['first', 'second']) {
        using sender = await Sink.connect(relay.port, { line: `${code}:sender:raw\n`, payload: 0 });
        using receiver = await Sink.connect(relay.port, { line: `${code}:receiver:raw:wait\n` });
        await feed(sender.socket, 4 * MIB).then(() => sender.socket.end());
        await receiver.untilEnd();
        expect(receiver.digest()).toBe(noiseHash(4 * MIB));
      }
    } finally {
      prototype.useUserBuffer = useUserBuffer;
    }
    expect(notices).toEqual([expect.stringContaining('large reads are off')]);
  });
});
