import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  chainOf,
  contentsOf,
  directory,
  expectedContents,
  file,
  open,
  problemOf,
  sendFirst,
  sendOne,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const LARGE = Buffer.alloc(900_000, 'large');
const ITEMS = [directory('d'), file('d/a', 'a'), file('d/b', LARGE), file('d/c', 'c'), file('z', 'z')];

describe('an entry that will not come', () => {
  it.each([
    ['before it was begun', 0],
    ['in its middle', 70_000],
  ])('%s counts, and nothing is left of it', async (_when, bytes) => {
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, ITEMS);
    for (const item of ITEMS.slice(0, 2)) await sendOne(landing, item);
    if (bytes > 0) await sendFirst(landing, ITEMS[2]!, bytes);
    await landing.fail(ITEMS[2]!.entry);
    expect(await landing.resumePoint()).toMatchObject({
      index: 3,
      chain: chainOf(ITEMS.slice(0, 3)),
      offset: 0,
      bytes: 1,
    });
    for (const item of ITEMS.slice(3)) await sendOne(landing, item);
    expect(await landing.complete()).toEqual({ files: 3, bytes: 3, names: ['d', 'z'] });
    expect(await fs.readdir(join(cwd, STAGING))).toEqual(['journal']);
    await fs.rm(join(cwd, STAGING), { recursive: true });
    expect(await contentsOf(cwd)).toEqual(
      expectedContents(ITEMS.filter(({ entry }) => entry.path !== 'd/b')),
    );
  });

  it('is the first that a later process asks for; what came behind it is left as it is', async () => {
    const cwd = await temporaryDirectory();
    const [, , , c] = ITEMS;
    {
      const landing = await open(cwd, ITEMS);
      for (const item of ITEMS.slice(0, 2)) await sendOne(landing, item);
      await landing.fail(ITEMS[2]!.entry);
      await sendOne(landing, c!);
      await landing.fail(ITEMS[4]!.entry);
      await landing.complete();
    }
    const { ino } = await fs.stat(join(cwd, 'd/c'));
    // Once more in vain, then it comes.
    for (const comes of [false, true]) {
      const landing = await open(cwd, ITEMS);
      expect(await landing.resumePoint()).toMatchObject({
        index: 2,
        chain: chainOf(ITEMS.slice(0, 2)),
        offset: 0,
        bytes: 1,
      });
      if (comes) await sendOne(landing, ITEMS[2]!);
      else await landing.fail(ITEMS[2]!.entry);
      for (const item of ITEMS.slice(3)) await sendOne(landing, item);
      const bytes = comes ? LARGE.length + 3 : 3;
      expect(await landing.complete()).toMatchObject({ files: comes ? 4 : 3, bytes });
    }
    expect(await contentsOf(cwd)).toEqual(expectedContents(ITEMS));
    expect((await fs.stat(join(cwd, 'd/c'))).ino).toBe(ino);
    await expect(fs.readdir(join(cwd, STAGING))).rejects.toThrow('ENOENT');
  });

  it('does not lend its place to the part of another, after a kill', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('a', 'a'), file('b', LARGE), file('c', LARGE)];
    {
      const landing = await open(cwd, items);
      await landing.fail(items[0]!.entry);
      await sendOne(landing, items[1]!);
      await sendFirst(landing, items[2]!, 70_000);
      await landing[Symbol.asyncDispose]();
    }
    const landing = await open(cwd, items);
    expect(await landing.resumePoint()).toMatchObject({ index: 0, offset: 0, bytes: 0 });
    for (const item of items) await sendOne(landing, item);
    expect(await landing.complete()).toMatchObject({ files: 3 });
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
  });

  it('is one of those that were offered, and of no more bytes', async () => {
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, [file('a', 'a'), file('b', 'b')]);
    expect((await problemOf(landing.fail(file('c', 'c').entry))).code).toBe('mismatch');
    expect((await problemOf(landing.fail(file('a', 'abc').entry))).code).toBe('too-much');
    await landing.fail(file('a', 'a').entry);
    expect((await problemOf(landing.begin(file('b', 'bc').entry, 0))).code).toBe('too-much');
    await landing.restart();
    for (const item of [file('a', 'a'), file('b', 'b')]) await sendOne(landing, item);
    expect(await landing.complete()).toEqual({ files: 2, bytes: 2, names: ['a', 'b'] });
  });
});
