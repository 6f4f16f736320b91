import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { hangUp } from '../../../src/relay/wire/hang-up.js';
import { TcpWire } from '../../../src/relay/wire/tcp.js';
import { feedUntilStalled, noise } from '../../helpers/flow.js';
import { socketPair } from '../../helpers/sockets.js';

const LINGER_MS = 2_000;
const now = (): number => performance.now();

/** Reads to the end; rejects where the socket is reset before it. */
async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

async function untilClosed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

it('hangUp closes at once where the client closes', async () => {
  // No time passes for it.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  try {
    using pair = await socketPair();
    pair.server.write('sorry\n');
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now: () => 0 });
    expect((await readAll(pair.client)).toString()).toBe('sorry\n');
    pair.client.end();
    await untilClosed(pair.server);
  } finally {
    vi.useRealTimers();
  }
});

describe.concurrent('hangUp', () => {
  it('delivers the last words in spite of input that nobody has read', async () => {
    using pair = await socketPair();
    pair.client.write(noise(200_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    pair.server.write('sorry\n');
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now });
    expect((await readAll(pair.client)).toString()).toBe('sorry\n');
    // Not by luck: a reset behind them would show here.
    expect(await new Promise((resolve) => pair.client.write('', resolve))).toBeFalsy();
    pair.client.end();
    await untilClosed(pair.server);
  });

  it('closes by itself where the client stays', async () => {
    using pair = await socketPair();
    const startedAt = now();
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now }, 10 * LINGER_MS);
    await readAll(pair.client);
    await untilClosed(pair.server);
    expect(now() - startedAt).toBeGreaterThan(LINGER_MS - 100);
  });

  it('closes by itself where the client goes on sending, and does not read all of it', async () => {
    using pair = await socketPair();
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now });
    await feedUntilStalled(pair.client);
    expect(pair.server.bytesRead).toBeLessThan(1024 * 1024);
    await untilClosed(pair.server);
  });

  it('resets a client that takes nothing of what it is owed', async () => {
    using pair = await socketPair();
    pair.client.pause();
    await feedUntilStalled(pair.server);
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now }, 500);
    await untilClosed(pair.server);
    // An end without an error would look like the end of a whole file: an empty write tells.
    // (Newer versions of Node tell of it by themselves.)
    pair.client.resume();
    const failed = await Promise.race([once(pair.client, 'end'), once(pair.client, 'close')]).then(
      () => new Promise((resolve) => pair.client.write('', resolve)),
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(Error);
  });

  it('waits for one that takes it slowly', async () => {
    using pair = await socketPair();
    const size = 7 * 1024 * 1024;
    let taken = 0;
    pair.client.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      // Later as fast as it comes: the slow part is what is tried.
      if (taken < 1.2 * 1024 * 1024) pair.client.pause();
    });
    pair.server.write(noise(size));
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now }, 3000);
    // 64 KiB at a time, 0.22 MB a second: less than the kernel gives back to Node within the limit.
    const reading = setInterval(() => pair.client.resume(), 300);
    await once(pair.client, 'end');
    clearInterval(reading);
    expect(taken).toBe(size);
    pair.client.end();
    await untilClosed(pair.server);
  });

  it('leaves one alone that is closing by itself: both sides have sent FIN', async () => {
    using pair = await socketPair();
    pair.client.end('all');
    await readAll(pair.server);
    pair.server.end('sorry\n');
    const listeners = (): number[] => ['data', 'close'].map((name) => pair.server.listenerCount(name));
    const before = listeners();
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now });
    expect(listeners()).toEqual(before);
    expect((await readAll(pair.client)).toString()).toBe('sorry\n');
    await untilClosed(pair.server);
  });

  it('does not where that one has something to write still', async () => {
    using pair = await socketPair();
    pair.client.pause().end('all');
    await readAll(pair.server);
    await feedUntilStalled(pair.server);
    pair.server.end();
    hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now }, 500);
    await untilClosed(pair.server);
  });

  it('does nothing to a socket that is gone', async () => {
    using pair = await socketPair();
    pair.server.destroy();
    await untilClosed(pair.server);
    expect(() => hangUp(new TcpWire(pair.server), { lingerMs: LINGER_MS, now })).not.toThrow();
  });
});
