import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readFirstLine } from '../../../src/relay/dialects/line.js';

/** What of a socket is read here: its stream. */
function stream(): PassThrough & Socket {
  return new PassThrough() as unknown as PassThrough & Socket;
}

const TIMEOUT_MS = 1000;

describe('the first line', () => {
  it('is the same however it is cut, and what is behind it is handed over, or still in the socket', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    // Bytes that matter here more often than by chance.
    const input = fc
      .tuple(bytes, fc.boolean(), bytes)
      .map(([line, hasEnd, rest]) => Buffer.from([...line, ...(hasEnd ? [0x0a] : []), ...rest]));
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(input, cuts, async (whole, sizes) => {
        const socket = stream();
        const reading = readFirstLine(socket, TIMEOUT_MS);
        let left = whole;
        for (let n = 0; left.length > 0; n += 1) {
          const size = n < sizes.length ? sizes[n]! : left.length;
          socket.write(left.subarray(0, size));
          left = left.subarray(size);
        }
        socket.end();
        const first = await reading;

        const at = whole.indexOf(0x0a);
        if (at >= 0 && at < 256) {
          if (first.kind !== 'line') return expect(first.kind).toBe('line');
          expect(first.text).toBe(whole.subarray(0, at).toString('latin1'));
          expect(socket.isPaused()).toBe(true);
          const rest = Buffer.concat([first.surplus, ...((await socket.toArray()) as Buffer[])]);
          expect(rest.equals(whole.subarray(at + 1))).toBe(true);
        } else if (whole.length > 256) {
          expect(first).toEqual({ kind: 'too-long' });
        } else {
          expect(first).toEqual({ kind: 'unfinished', bytes: whole.length });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has the bytes outside ASCII as one character each', async () => {
    const socket = stream();
    const reading = readFirstLine(socket, TIMEOUT_MS);
    socket.write(Buffer.from([0xc3, 0xa4, 0x00, 0xff, 0x0d, 0x0a]));
    expect(await reading).toMatchObject({ kind: 'line', text: '\xc3\xa4\0\xff\r' });
  });

  it('is lost with its socket', async () => {
    const socket = stream();
    const reading = readFirstLine(socket, TIMEOUT_MS);
    socket.destroy();
    expect(await reading).toEqual({ kind: 'lost' });
  });

  it.each(['timed-out', 'line', 'too-long', 'unfinished', 'lost'])(
    'leaves no listener and no timer behind: %s',
    async (kind) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const socket = stream();
        const listeners = (): number[] => ['data', 'end', 'close'].map((name) => socket.listenerCount(name));
        const before = listeners();
        const reading = readFirstLine(socket, TIMEOUT_MS);
        expect(vi.getTimerCount()).toBe(1);
        if (kind === 'timed-out') vi.advanceTimersByTime(TIMEOUT_MS);
        else if (kind === 'line') socket.write('abc\n');
        else if (kind === 'too-long') socket.write('x'.repeat(257));
        else if (kind === 'unfinished') socket.end('abc');
        else socket.destroy();
        expect(await reading).toMatchObject({ kind });
        expect(listeners()).toEqual(before);
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});
