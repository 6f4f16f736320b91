import { promises as fs } from 'node:fs';
import { basename } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { contentsOf, directory, file, land, temporaryDirectory } from './helpers.js';

/** As FAT does: whatever would make such a name says EINVAL. This machine's kernel may have no FAT to mount. */
function refuseNames(): void {
  const refuse = (path: unknown): void => {
    if (typeof path === 'string' && /[:?*<>|"\\]/.test(basename(path)))
      throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
  };
  const { open, mkdir, link, rename } = fs;
  vi.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => (refuse(path), await open(path, ...rest)));
  vi.spyOn(fs, 'mkdir').mockImplementation(
    async (path, ...rest) => (refuse(path), await mkdir(path, ...rest)),
  );
  vi.spyOn(fs, 'link').mockImplementation(async (from, to) => (refuse(to), await link(from, to)));
  vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => (refuse(to), await rename(from, to)));
  onTestFinished(() => void vi.restoreAllMocks());
}

it.skipIf(process.platform === 'win32')(
  'a file system that refuses a name gets another, at the top and below, which is told',
  async () => {
    refuseNames();
    const cwd = await temporaryDirectory();
    const notices: string[] = [];
    const items = [
      file('12:30.txt', 'one'),
      file('12?30.txt', 'two'),
      directory('d'),
      directory('d/a:b'),
      file('d/a:b/aux.c', 'three'),
      file('d/large?', Buffer.alloc(900_000, 'large')),
    ];
    await land(cwd, items, { notice: (sentence) => notices.push(sentence) });
    expect(await contentsOf(cwd)).toMatchObject({
      '12_30.txt': 'one',
      '12_30 (2).txt': 'two',
      'd/a_b': '(directory)',
      'd/a_b/_.c': 'three',
      'd/large_': Buffer.alloc(900_000, 'large').toString('latin1'),
    });
    expect(notices).toHaveLength(5);
    expect(notices[1]).toBe('"12?30.txt" lands as "12_30 (2).txt": this system does not take the name.');
  },
);

it.skipIf(process.platform === 'win32')(
  'names that are refused are told in a bounded number of lines',
  async () => {
    refuseNames();
    const cwd = await temporaryDirectory();
    const notices: string[] = [];
    const items = [directory('d'), ...Array.from({ length: 50 }, (_, n) => file(`d/${n}:`, 'x'))];
    await land(cwd, items, { notice: (sentence) => notices.push(sentence) });
    expect(notices).toHaveLength(20);
    expect(notices.at(-1)).toMatch(/More of them are not listed\.$/);
    expect(Object.keys(await contentsOf(cwd))).toHaveLength(51);
  },
);

it.skipIf(process.platform === 'win32')('where every name is taken, nothing is changed', async () => {
  const cwd = await temporaryDirectory();
  const items = [file('12:30.txt', 'one'), file('12?30.txt', 'two')];
  await land(cwd, items);
  expect(await contentsOf(cwd)).toEqual({ '12:30.txt': 'one', '12?30.txt': 'two' });
});
