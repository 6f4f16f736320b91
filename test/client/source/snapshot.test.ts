import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pathsSource } from '../../../src/client/source/source.js';
import { Snapshots } from '../../../src/client/source/snapshot.js';
import { type Piece } from '../../../src/transfer/zeros.js';
import { collect, tree } from './tree.js';

/** As a file of /proc says. */
const HIDING = { size: 0, blocks: 0 };

async function sent(path: string) {
  const source = await pathsSource([path]);
  const [item] = await collect(source.items());
  const pieces: Piece[] = await collect(item!.read(false, new AbortController().signal));
  return { size: item!.entry.size, offered: source.offer.bytes, bytes: Buffer.concat(pieces as Buffer[]) };
}

// One that does not change, of size 0; one of size 4,096.
it.each(
  ['/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled', '/sys/power/state'].filter(existsSync),
)('%s, whose size is not that of its content, is sent whole', async (path) => {
  const content = readFileSync(path);
  expect(lstatSync(path).size).not.toBe(content.length);
  expect(await sent(path)).toEqual({ size: content.length, offered: content.length, bytes: content });
});

it.skipIf(!existsSync('/proc/self'))('what changes while it is sent is sent as it was found', async () => {
  // Another one each time that it is read.
  const { size, bytes } = await sent('/proc/sys/kernel/random/uuid');
  expect(size).toBe(37);
  expect(bytes.toString()).toMatch(/^[0-9a-f-]{36}\n$/);
});

it('an empty file is empty', async () => {
  expect(await sent(join(tree({ empty: '' }), 'empty'))).toEqual({
    size: 0,
    offered: 0,
    bytes: Buffer.alloc(0),
  });
});

it('a file that hides more than can be held is refused, and named', async () => {
  const path = join(tree(), 'large');
  writeFileSync(path, Buffer.alloc(1024 * 1024 + 1));
  await expect(new Snapshots().take(path, HIDING)).rejects.toThrow(
    /large" does not say how large it is.*Send a copy/,
  );
  writeFileSync(path, Buffer.alloc(1024 * 1024));
  const snapshots = new Snapshots();
  for (let n = 0; n < 64; n += 1) expect(await snapshots.take(path, HIDING)).toBe(1024 * 1024);
  await expect(snapshots.take(path, HIDING)).rejects.toThrow('holds more than can be kept');
});

it.skipIf(process.platform === 'win32')('a pipe in its place is not waited for', async () => {
  const path = join(tree(), 'pipe');
  execFileSync('mkfifo', [path]);
  expect(await new Snapshots().take(path, HIDING)).toBe(0);
});
