import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/transfer/entry.js';
import { SourceChanged, SourceError } from '../../../src/transfer/source.js';
import { PIECE_BYTES, readEntry } from '../../../src/client/source/read-file.js';
import { walk } from '../../../src/client/source/walk.js';
import { isZeros, lengthOf, type Piece } from '../../../src/transfer/zeros.js';
import { collect, tree } from './tree.js';

async function file(content: Buffer): Promise<{ path: string; entry: Entry }> {
  const path = join(tree(), 'file');
  writeFileSync(path, content);
  // Long ago, so that every later write shows in the time.
  utimesSync(path, 1_000_000, 1_000_000);
  const [found] = await collect(walk([path]));
  return { path, entry: found!.entry };
}

/** Pieces are good until the next one is asked for: looked at then, when the read-ahead has had its time. */
async function copies(pieces: AsyncIterable<Piece>): Promise<Buffer[]> {
  const copied: Buffer[] = [];
  for await (const piece of pieces) {
    await sleep(5);
    copied.push(isZeros(piece) ? Buffer.alloc(piece.zeros) : Buffer.from(piece));
  }
  return copied;
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('the pieces', () => {
  it.each([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES + 7])(
    'of %d bytes are the file',
    async (size) => {
      const content = randomBytes(size);
      const { path, entry } = await file(content);
      const pieces = await copies(readEntry(path, entry, 0));
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
      expect(pieces.slice(0, -1).every(({ length }) => length === PIECE_BYTES)).toBe(true);
    },
  );

  it.each([0, 1, PIECE_BYTES, 2 * PIECE_BYTES + 3, 3 * PIECE_BYTES])('begin at %d', async (from) => {
    const content = randomBytes(3 * PIECE_BYTES);
    const { path, entry } = await file(content);
    const pieces = await copies(readEntry(path, entry, from));
    expect(Buffer.concat(pieces).equals(content.subarray(from))).toBe(true);
  });

  it('are read into two buffers, however many there are', async () => {
    const { path, entry } = await file(randomBytes(5 * PIECE_BYTES + 7));
    const buffers = new Set<unknown>();
    for await (const piece of readEntry(path, entry, 0)) buffers.add((piece as Buffer).buffer);
    expect(buffers.size).toBe(2);
  });

  it.each([-1, 4, 0.5, NaN])('do not begin at %d of 3', async (from) => {
    const { path, entry } = await file(Buffer.from('abc'));
    await expect(copies(readEntry(path, entry, from))).rejects.toThrow(RangeError);
  });

  it('leave no file open where the caller stops', async () => {
    const { path, entry } = await file(randomBytes(4 * PIECE_BYTES));
    const before = openFiles();
    for await (const piece of readEntry(path, entry, 0)) {
      expect(lengthOf(piece)).toBe(PIECE_BYTES);
      break;
    }
    expect(openFiles()).toBe(before);
  });
});

describe('a file that changed', () => {
  const content = randomBytes(4 * PIECE_BYTES);
  const changes: readonly (readonly [string, (path: string) => void])[] = [
    ['longer', (path) => appendFileSync(path, 'x')],
    ['shorter', (path) => truncateSync(path, 1)],
    ['empty', (path) => truncateSync(path, 0)],
    ['other bytes', (path) => writeFileSync(path, randomBytes(content.length))],
    ['only its time', (path) => utimesSync(path, 1_000_000, 1_000_001)],
  ];

  it.each(changes)('is found before it is read: %s', async (_what, change) => {
    const { path, entry } = await file(content);
    change(path);
    await expect(readEntry(path, entry, 0).next()).rejects.toThrow(SourceChanged);
  });

  it.each(changes)('is found in a small file: %s', async (_what, change) => {
    const { path, entry } = await file(content.subarray(0, 1_000));
    change(path);
    await expect(readEntry(path, entry, 0).next()).rejects.toThrow(SourceChanged);
  });

  it.each(changes)('is found before the last piece is given: %s', async (_what, change) => {
    const { path, entry } = await file(content);
    const before = openFiles();
    const reading = readEntry(path, entry, 0);
    await reading.next();
    change(path);
    let pieces = 1;
    const rest = async () => {
      for await (const piece of reading) pieces += Math.sign(lengthOf(piece));
    };
    await expect(rest()).rejects.toThrow(SourceChanged);
    expect(pieces).toBeLessThan(4);
    expect(openFiles()).toBe(before);
  });

  it('is found where it is gone, a link, a pipe or a directory now', async () => {
    for (const replace of [
      () => undefined,
      (path: string) => symlinkSync('/etc/hostname', path),
      (path: string) => execFileSync('mkfifo', [path]),
      (path: string) => mkdirSync(path),
    ]) {
      const { path, entry } = await file(Buffer.from('abc'));
      rmSync(path);
      replace(path);
      await expect(readEntry(path, entry, 0).next()).rejects.toThrow(SourceChanged);
    }
  });

  it('is not one that was replaced while it was read: the old one is read to its end', async () => {
    const { path, entry } = await file(content);
    const reading = readEntry(path, entry, 0);
    const first = Buffer.from((await reading.next()).value as Buffer);
    writeFileSync(`${path}.new`, 'new');
    renameSync(`${path}.new`, path);
    const rest = await copies(reading);
    expect(Buffer.concat([first, ...rest]).equals(content)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('is named in the sentence', async () => {
    const { path, entry } = await file(Buffer.from('abc'));
    appendFileSync(path, 'd');
    await expect(readEntry(path, entry, 0).next()).rejects.toThrow(
      `"${path}" changed while it was being sent.`,
    );
  });
});

it.runIf(process.getuid?.() === 0)('says which file may not be read', async () => {
  const { path, entry } = await file(Buffer.from('abc'));
  execFileSync('chmod', ['000', path]);
  process.seteuid?.(65_534);
  try {
    await expect(readEntry(path, entry, 0).next()).rejects.toThrow(SourceError);
    await expect(readEntry(path, entry, 0).next()).rejects.toThrow('permission denied');
  } finally {
    process.seteuid?.(0);
  }
  expect(statSync(path).size).toBe(3);
});

describe('holes', () => {
  const STEP = 64 * 1024;
  const sparse = async (size: number, bytesAt: readonly number[]) => {
    const path = join(tree(), 'file');
    writeFileSync(path, '');
    truncateSync(path, size);
    const file = openSync(path, 'r+');
    for (const at of bytesAt) writeSync(file, 'x', at);
    closeSync(file);
    const [found] = await collect(walk([path]));
    return { path, entry: found!.entry };
  };
  const sizes = (pieces: readonly Piece[]) =>
    pieces.map((piece) => (isZeros(piece) ? -piece.zeros : piece.length));

  it('come as a count of zeros, in steps, and only where they are asked for', async () => {
    const size = 2 * PIECE_BYTES + 5;
    const { path, entry } = await sparse(size, [0, PIECE_BYTES + 2 * STEP]);
    const pieces = await collect(readEntry(path, entry, 0, true));
    expect(sizes(pieces)).toEqual([STEP, STEP - PIECE_BYTES, -2 * STEP, STEP, 3 * STEP - PIECE_BYTES, -5]);
    const asFile = Buffer.concat(await copies(readEntry(path, entry, 0, true)));
    expect(asFile.equals(readFileSync(path))).toBe(true);
    expect(sizes(await collect(readEntry(path, entry, 0)))).toEqual([PIECE_BYTES, PIECE_BYTES, 5]);
  });

  it('may be all there is', async () => {
    const { path, entry } = await sparse(3 * PIECE_BYTES, []);
    expect(sizes(await collect(readEntry(path, entry, 0, true)))).toEqual(Array(3).fill(-PIECE_BYTES));
  });

  it('are not looked for where there are none', async () => {
    const { path, entry } = await file(Buffer.alloc(2 * PIECE_BYTES));
    execFileSync('sync', [path]);
    expect(sizes(await collect(readEntry(path, entry, 0, true)))).toEqual([PIECE_BYTES, PIECE_BYTES]);
  });
});
