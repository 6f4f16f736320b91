import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { landOnStream } from '../../../src/client/landing/stream-landing.js';
import type { Landing } from '../../../src/client/landing/landing.js';
import { Collected } from '../../helpers/transfer.js';
import { file, type Item, open, problemOf, sha256, STAGING, temporaryDirectory } from './helpers.js';

const MIB = 1024 * 1024;

/** What is sent: bytes, and how many zeros stand for a run of them. */
type Piece = Buffer | number;

const bytesOf = (pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'number' ? Buffer.alloc(piece) : piece)));

async function give(landing: Landing, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces) await (typeof piece === 'number' ? landing.skip(piece) : landing.write(piece));
}

async function land(landing: Landing, { entry, bytes }: Item, pieces: readonly Piece[]): Promise<void> {
  await landing.begin(entry, 0);
  await give(landing, pieces);
  await landing.finish(bytes!.length);
}

const LAYOUTS: readonly (readonly [string, readonly Piece[]])[] = [
  ['between', [Buffer.alloc(70_000, 'a'), 4 * MIB, Buffer.from('end')]],
  ['at the start', [4 * MIB, Buffer.alloc(70_000, 'a')]],
  ['at the end', [Buffer.from('start'), 4 * MIB]],
  ['one behind the other', [MIB, MIB, Buffer.from('x'), MIB, 1, 3 * MIB]],
  ['all of it', [4 * MIB]],
  ['in a small file', [Buffer.from('a'), 100_000, Buffer.from('b'), 10]],
];

describe('runs of zeros', () => {
  it.each(LAYOUTS)('%s: the bytes are right, and nothing is stored for them', async (_where, pieces) => {
    const cwd = await temporaryDirectory();
    const item = file('f', bytesOf(pieces));
    const landing = await open(cwd, [item]);
    await land(landing, item, pieces);
    expect(await landing.complete()).toMatchObject({ files: 1, bytes: item.bytes!.length });
    expect((await fs.readFile(join(cwd, 'f'))).equals(item.bytes!)).toBe(true);
    const { blocks, size } = await fs.stat(join(cwd, 'f'));
    if (size > MIB) expect(blocks * 512).toBeLessThan(size / 4);
  });

  it.each(LAYOUTS)(
    '%s: a transfer goes on behind them, in this process and the next',
    async (_where, pieces) => {
      for (const isSame of [true, false]) {
        const cwd = await temporaryDirectory();
        const item = file('f', Buffer.concat([bytesOf(pieces), Buffer.alloc(300_000, 'rest')]));
        let landing = await open(cwd, [item]);
        await landing.begin(item.entry, 0);
        await give(landing, pieces);
        if (!isSame) {
          await landing[Symbol.asyncDispose]();
          landing = await open(cwd, [item]);
        }
        const point = await landing.resumePoint();
        const here = bytesOf(pieces);
        expect(point).toMatchObject({ offset: here.length, digest: sha256(here), bytes: here.length });
        await landing.begin(item.entry, point.offset);
        await landing.write(item.bytes!.subarray(here.length));
        await landing.finish(item.bytes!.length);
        await landing.complete();
        expect((await fs.readFile(join(cwd, 'f'))).equals(item.bytes!)).toBe(true);
      }
    },
  );

  it('of a stream outlive the process once they are flushed', async () => {
    const cwd = await temporaryDirectory();
    const offer = { kind: 'stream', names: ['s'], entries: 1, bytes: undefined } as const;
    const landing = await open(cwd, [], { offer });
    await landing.begin(file('s', '', { size: undefined }).entry, 0);
    await give(landing, [Buffer.from('a'), 2 * MIB]);
    await landing.flush();
    expect((await fs.stat(join(cwd, STAGING, 'partial'))).size).toBe(2 * MIB + 1);
  });

  it('count: no more of them come than were offered', async () => {
    for (const size of [10, 600_000]) {
      const cwd = await temporaryDirectory();
      const item = file('f', Buffer.alloc(size));
      const landing = await open(cwd, [item]);
      await landing.begin(item.entry, 0);
      expect((await problemOf(landing.skip(size + 1))).code).toBe('too-much');
      await landing.skip(size);
      expect((await problemOf(landing.skip(1))).code).toBe('too-much');
      await landing.finish(size);
      await landing.complete();
      expect((await fs.stat(join(cwd, 'f'))).size).toBe(size);
    }
  });

  it('stand whole on a stream, which has no holes', async () => {
    const out = new Collected();
    const pieces = [Buffer.from('a'), 200_000, Buffer.from('b'), 1];
    const item = file('f', bytesOf(pieces));
    const landing = landOnStream(out, {
      kind: 'files',
      names: ['f'],
      entries: 1,
      bytes: 200_003,
    });
    await landing.begin(item.entry, 0);
    expect((await problemOf(landing.skip(200_004))).code).toBe('too-much');
    await give(landing, pieces);
    expect(await landing.resumePoint()).toMatchObject({ offset: 200_003, digest: sha256(item.bytes!) });
    await landing.finish(200_003);
    await landing.complete();
    expect(out.bytes.equals(item.bytes!)).toBe(true);
  });
});
