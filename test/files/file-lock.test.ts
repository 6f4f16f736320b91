import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withFileLock } from '../../src/files/file-lock.js';

let dir: string;
const lock = (): string => join(dir, 'lock');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'relay-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('lets in one at a time, and leaves no file behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await readdir(dir);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFileLock(lock(), 60_000, work)));
  expect(most).toBe(1);
  expect(await readdir(dir)).toEqual([]);
});

it('gives up where another process holds it, and leaves it to that', async () => {
  await writeFile(lock(), '');
  const waiting = withFileLock(lock(), 1, () => Promise.reject(new Error('it got in')));
  await expect(waiting).rejects.toThrow(`${lock()} is held by another process`);
  expect(await readdir(dir)).toEqual(['lock']);
});

it('takes away what a process has left behind that died', async () => {
  await writeFile(lock(), '');
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock(), longAgo, longAgo);
  let isIn = false;
  await withFileLock(lock(), 60_000, () => Promise.resolve(void (isIn = true)));
  expect(isIn).toBe(true);
});

it('is free again where the work fails', async () => {
  const failing = withFileLock(lock(), 1, () => Promise.reject(new Error('no more')));
  await expect(failing).rejects.toThrow('no more');
  expect(await readdir(dir)).toEqual([]);
});
