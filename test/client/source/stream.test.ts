import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/transfer/source.js';
import { streamSource } from '../../../src/client/source/stream.js';
import type { Piece } from '../../../src/transfer/zeros.js';

const CHUNK = 1_000;
const MOST = 10_000;
const CUT = new Error('The line was cut.');

/** A stream without an end, and how much of it was taken. */
function endless(): { readonly stream: Readable; readonly taken: () => number } {
  let taken = 0;
  const chunks = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(CHUNK, (taken += CHUNK) / CHUNK);
  };
  return { stream: Readable.from(chunks(), { objectMode: false, highWaterMark: 1 }), taken: () => taken };
}

/** What is sent over one line, piece by piece. */
async function line(source: Source, over = new AbortController()) {
  for await (const item of source.items()) {
    const { offset, hash } = item.start();
    const pieces = item.read(false, over.signal)[Symbol.asyncIterator]();
    const take = async (): Promise<Buffer | undefined> => {
      const { value } = (await pieces.next()) as { value: Piece | undefined };
      return value as Buffer | undefined;
    };
    return { offset, hash, take, cut: () => over.abort(CUT) };
  }
  throw new Error('There is no item.');
}

/** Everything that can happen without anybody else has happened. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
};

describe('a stream', () => {
  it('is not read on where the receiver acknowledges nothing, until it does', async () => {
    const { stream, taken } = endless();
    const source = streamSource('in', stream, 0, MOST);
    const { take } = await line(source);
    const takeUpTo = async (bytes: number): Promise<void> => {
      for (; sent < bytes; sent += (await take())?.length ?? 0);
    };
    let sent = 0;
    await takeUpTo(MOST);
    let isWaiting = true;
    const more = takeUpTo(2 * MOST).finally(() => (isWaiting = false));
    await settled();
    expect(isWaiting).toBe(true);
    // The last chunk, and what the stream itself reads ahead.
    expect(taken()).toBeLessThanOrEqual(MOST + 4 * CHUNK);
    source.acknowledge(sent - MOST + 1);
    await settled();
    expect(isWaiting).toBe(true);
    expect(sent).toBeGreaterThan(MOST);
    source.acknowledge(sent);
    await more;
    expect(taken()).toBeLessThanOrEqual(2 * MOST + 4 * CHUNK);
  });

  it.each([
    ['for room', MOST / CHUNK],
    ['for bytes', 0],
  ])('that waits %s ends its wait with the line, and goes on over the next', async (_what, sent) => {
    const pipe = new PassThrough();
    const source = streamSource('in', pipe, 0, MOST);
    const bytes = randomBytes(MOST);
    const first = await line(source);
    for (let at = 0; at < sent * CHUNK; at += CHUNK) {
      pipe.write(bytes.subarray(at, at + CHUNK));
      await first.take();
    }
    const waiting = first.take();
    await settled();
    first.cut();
    await expect(waiting).rejects.toBe(CUT);
    source.acknowledge(sent * CHUNK - 500);
    const second = await line(source);
    expect(second.offset).toBe(Math.max(0, sent * CHUNK - 500));
    const before = createHash('sha256').update(bytes.subarray(0, second.offset));
    expect(second.hash().digest('hex')).toBe(before.digest('hex'));
    pipe.write('and on');
    pipe.end();
    let got = '';
    for (let piece = await second.take(); piece !== undefined; piece = await second.take())
      got += piece.toString('latin1');
    expect(got).toBe(`${bytes.subarray(second.offset, sent * CHUNK).toString('latin1')}and on`);
  });

  it('that fails says so over the line that is there then, and over the next', async () => {
    const pipe = new PassThrough();
    const source = streamSource('in', pipe, 0, MOST);
    const first = await line(source);
    const waiting = first.take();
    first.cut();
    await expect(waiting).rejects.toBe(CUT);
    pipe.destroy(new Error('is broken'));
    for (let line_ = 0; line_ < 2; line_ += 1)
      await expect((await line(source)).take()).rejects.toThrow(/What is sent as "in" .*is broken/);
  });
});
