import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LineCut } from '../../src/transfer/line-errors.js';
import { READ_BYTES } from '../../src/client/socket-line.js';
import { TcpLine } from '../../src/client/tcp-line.js';
import type { Line } from '../../src/transfer/line.js';
import { noise, sha256 } from '../helpers/flow.js';

interface Ends extends AsyncDisposable {
  readonly line: TcpLine;
  readonly other: Socket;
}

/** A line, and who is at its other end. */
async function connected(): Promise<Ends> {
  const server: Server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const line = new TcpLine();
  line.socket.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [other] = (await once(server, 'connection')) as [Socket];
  return {
    line,
    other,
    async [Symbol.asyncDispose]() {
      line.abandon();
      other.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads to the end, and waits for `pause` behind each chunk. @returns copies */
async function readAll(line: Line, pause: (chunks: number) => Promise<unknown>): Promise<Buffer[]> {
  const got: Buffer[] = [];
  while (await line.read({ take: (chunk) => void got.push(Buffer.from(chunk)) })) await pause(got.length);
  return got;
}

describe('a line', () => {
  it('gives every byte, in order, however late it is asked to go on', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const sent = noise(3_000_000);
    other.end(sent);
    const got = await readAll(line, async (chunks) => (chunks % 2 === 0 ? undefined : await sleep(1)));
    expect(sha256(Buffer.concat(got))).toBe(sha256(sent));
    expect(got.every(({ length }) => length <= READ_BYTES)).toBe(true);
    expect(await line.read({ take: () => expect.fail() })).toBe(false);
  });

  it('stands still behind a chunk, which stays what it is', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const chunks: Uint8Array[] = [];
    const reader = { take: (chunk: Uint8Array) => void chunks.push(chunk) };
    other.write('first');
    await line.read(reader);
    other.write(noise(100_000));
    await sleep(50);
    expect(chunks.map(String)).toEqual(['first']);
    await line.read(reader);
    expect(chunks.length).toBe(2);
  });

  it('reads to where its reader wants it, as far as that goes', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const sent = noise(200_000);
    const wanted = Buffer.alloc(sent.length);
    let filled = 0;
    const reader = {
      take(chunk: Uint8Array): void {
        // The first one is read before anybody can have said where to.
        if (filled > 0)
          expect([chunk.buffer, chunk.byteOffset]).toEqual([wanted.buffer, wanted.byteOffset + filled]);
        else wanted.set(chunk);
        filled += chunk.length;
      },
      space: () => (filled > 0 && filled < wanted.length ? wanted.subarray(filled) : undefined),
    };
    other.write(sent.subarray(0, 100));
    await line.read(reader);
    other.end(sent.subarray(100));
    while (await line.read(reader));
    expect(sha256(wanted)).toBe(sha256(sent));
  });

  it('forgets what comes behind its own end, and is closed when the other side has ended too', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    other.write('hello');
    await line.write([Buffer.from('good'), Buffer.from('bye')]);
    await line.end();
    const [said] = (await once(other, 'data')) as [Buffer];
    expect(said.toString()).toBe('goodbye');
    await expect(line.write([Buffer.from('more')])).rejects.toThrow(LineCut);
    other.end(noise(1_000_000));
    await line.closed;
    expect(line.unsent).toBe(0);
  });

  it.each(['a reset', 'its own dropping'])('is cut by %s, and so is who reads or writes', async (what) => {
    await using ends = await connected();
    const { line, other } = ends;
    other.on('error', () => undefined);
    const reading = line.read({ take: () => undefined });
    const writing = line.write([noise(50_000_000)]);
    if (what === 'a reset') other.resetAndDestroy();
    else line.abandon();
    await expect(reading).rejects.toThrow(LineCut);
    await expect(writing).rejects.toThrow(LineCut);
    await line.closed;
    await expect(line.read({ take: () => undefined })).rejects.toThrow('The line was cut.');
    expect(await line.end()).toBeUndefined();
  });
});
