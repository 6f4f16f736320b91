import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { draftOf, replaceFile } from '../../src/files/replace-file.js';

let dir: string;
const file = (): string => join(dir, 'file');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'relay-files-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('makes a file for its user alone, and leaves nothing beside it', async () => {
  await replaceFile(file(), (draft) => draft.writeFile('new'));
  expect(await readFile(file(), 'utf8')).toBe('new');
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(['file']);
});

it('leaves the old one, whole, until the new one is', async () => {
  await writeFile(file(), 'old');
  await replaceFile(file(), async (draft) => {
    await draft.writeFile('new');
    expect(await readFile(file(), 'utf8')).toBe('old');
  });
  expect(await readFile(file(), 'utf8')).toBe('new');
});

it('leaves the old one, and no draft, where the new one cannot be written', async () => {
  await writeFile(file(), 'old');
  const failing = replaceFile(file(), async (draft) => {
    await draft.writeFile('ne');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(await readFile(file(), 'utf8')).toBe('old');
  expect(await readdir(dir)).toEqual(['file']);
});

it('is done by one at a time, and what another has begun is left alone', async () => {
  await replaceFile(file(), async (draft) => {
    await draft.writeFile('first');
    const second = replaceFile(file(), (other) => other.writeFile('second'));
    await expect(second).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(draftOf(file()), 'utf8')).toBe('first');
  });
  expect(await readFile(file(), 'utf8')).toBe('first');
});
