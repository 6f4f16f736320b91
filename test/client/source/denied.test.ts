import type * as fs from 'node:fs';
import type * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { survey } from '../../../src/client/source/walk.js';
import { pathsOf, tree } from './tree.js';

const denied = vi.hoisted(
  () => (path: string) =>
    Object.assign(new Error(`EACCES: permission denied, '${path}'`), { code: 'EACCES' }),
);

/** Tests may run as root, who may read everything. What is asked is asked either way. */
vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  return {
    ...actual,
    accessSync: (path: string, mode: number) => {
      if (path.endsWith('secret')) throw denied(path);
      actual.accessSync(path, mode);
    },
  };
});
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof promises>();
  return {
    ...actual,
    access: async (path: string, mode: number) => {
      if (path.endsWith('secret')) throw denied(path);
      return actual.access(path, mode);
    },
    readdir: async (path: string) => {
      if (path.endsWith('closed')) throw denied(path);
      return actual.readdir(path);
    },
  };
});

it('is told before anything is sent where a file may not be read, and refused where it was named', async () => {
  const root = tree({ 'd/e/secret': 'x', 'd/open': 'x', secret: 'x' });
  const sentence = 'cannot be read: permission denied. Change its permissions, or leave it out.';
  const { offer, unreadable } = await survey([join(root, 'd')]);
  expect(unreadable).toEqual({ count: 1, paths: ['d/e/secret'] });
  expect(offer).toMatchObject({ entries: 4, bytes: 2 });
  await expect(survey([join(root, 'secret')])).rejects.toThrow(`"${root}/secret" ${sentence}`);
});

it('is told before anything is sent where a directory may not be read, and refused where it was named', async () => {
  const root = tree({ 'd/closed/x': 'x', 'd/open': 'x', 'closed/x': 'x' });
  const { offer, unreadable, listing } = await survey([join(root, 'd')]);
  expect(unreadable).toEqual({ count: 1, paths: ['d/closed'] });
  expect(offer).toMatchObject({ entries: 3, bytes: 1 });
  expect([...listing].map(({ entry, isUnreadable }) => [entry.path, isUnreadable])).toEqual([
    ['d', false],
    ['d/closed', true],
    ['d/open', false],
  ]);
  await expect(survey([join(root, 'closed')])).rejects.toThrow(
    `"${root}/closed" cannot be read: permission denied.`,
  );
});

it('is not looked for again when it is sent', async () => {
  const root = tree({ 'd/secret': 'x' });
  expect(await pathsOf([join(root, 'd')])).toEqual(['d/', 'd/secret']);
});
