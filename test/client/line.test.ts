import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PlainLine, READ_BYTES } from '../../src/client/line.js';
import { noise, sha256 } from '../helpers/flow.js';

interface Ends extends AsyncDisposable {
  readonly line: PlainLine;
  readonly other: Socket;
}

/** A line, and who is at its other end. */
async function connected(host = '127.0.0.1'): Promise<Ends> {
  const server: Server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const line = new PlainLine();
  line.connect({ host, port: (server.address() as AddressInfo).port });
  const [other] = (await once(server, 'connection')) as [Socket];
  return {
    line,
    other,
    async [Symbol.asyncDispose]() {
      line.destroy();
      other.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a line', () => {
  it('gives every byte, in order, however late it is asked to go on', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const sent = noise(3_000_000);
    const got: Buffer[] = [];
    const isOver = once(line, 'end');
    line.readBy((chunk) => {
      got.push(Buffer.from(chunk));
      if (got.length % 2 === 0) line.resume();
      else setTimeout(() => line.resume(), 1);
    });
    other.end(sent);
    await isOver;
    expect(sha256(Buffer.concat(got))).toBe(sha256(sent));
    expect(got.every(({ length }) => length <= READ_BYTES)).toBe(true);
  });

  it('stands still behind a chunk, which stays what it is', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const chunks: Buffer[] = [];
    line.readBy((chunk) => chunks.push(chunk));
    other.write('first');
    await sleep(30);
    other.write(noise(100_000));
    await sleep(50);
    expect(chunks.map(String)).toEqual(['first']);
    line.resume();
    await sleep(30);
    expect(chunks.length).toBe(2);
  });

  it('reads to where its reader wants it, as far as that goes', async () => {
    await using ends = await connected();
    const { line, other } = ends;
    const sent = noise(200_000);
    const wanted = Buffer.alloc(sent.length);
    let filled = 0;
    const isOver = once(line, 'end');
    const take = (chunk: Buffer): void => {
      // The first one is read before anybody can have said where to.
      if (filled > 0)
        expect([chunk.buffer, chunk.byteOffset]).toEqual([wanted.buffer, wanted.byteOffset + filled]);
      else chunk.copy(wanted);
      filled += chunk.length;
      line.resume();
    };
    line.readBy(take, () => (filled > 0 && filled < wanted.length ? wanted.subarray(filled) : undefined));
    other.write(sent.subarray(0, 100));
    await sleep(30);
    other.end(sent.subarray(100));
    await isOver;
    expect(sha256(wanted)).toBe(sha256(sent));
  });

  it('gives what was left to the next one who reads, before anything new', async () => {
    await using ends = await connected('localhost');
    const { line, other } = ends;
    const first = new Promise<void>((resolve) => {
      line.readBy((chunk) => {
        line.unread(Buffer.from(chunk.subarray(3)));
        resolve();
      });
    });
    other.write('onetwo');
    await first;
    other.end('three');
    const got: string[] = [];
    line.readBy((chunk) => {
      got.push(chunk.toString());
      line.resume();
    });
    await once(line, 'end');
    expect(got.join('')).toBe('twothree');
    expect(got[0]).toBe('two');
  });
});
