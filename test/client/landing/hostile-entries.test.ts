import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  NAMEPLATE,
  open,
  problemOf,
  send,
  sendOne,
  temporaryDirectory,
} from './helpers.js';

describe('hostile entries', () => {
  it('refuses what was not offered or makes no sense, before anything is written', async () => {
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, [directory('d'), file('d/a', 'a')]);
    const { entry } = file('d/a', 'a');
    for (const changes of [
      { path: 'e/a' },
      { path: 'D/a' },
      { size: -1 },
      { size: 0.5 },
      { size: Number.NaN },
      { modifiedMs: Number.POSITIVE_INFINITY },
      { modifiedMs: 9e15 },
      { modifiedMs: 1.5 },
      { kind: 'directory' as const },
      { kind: 'directory' as const, size: undefined },
    ])
      expect((await problemOf(landing.begin({ ...entry, ...changes }, 0))).code).toBe('mismatch');
    await expect(landing.write(Buffer.from('x'))).rejects.toThrow('No entry was begun');
    await sendOne(landing, directory('d'));
    await landing.begin(directory('d').entry, 0);
    expect((await problemOf(landing.write(Buffer.from('x')))).code).toBe('too-much');
    expect((await problemOf(landing.finish(0))).code).toBe('mismatch');
    expect(await contentsOf(join(cwd, 'd'))).toEqual({});
  });

  it('leaves no directory of its own behind where no file came, and every one that was there before', async () => {
    const cwd = await temporaryDirectory();
    await fs.mkdir(join(cwd, 'mine', 'too'), { recursive: true });
    const items = [directory('mine'), directory('mine/new'), directory('other'), file('other/a', 'a')];
    const landing = await open(cwd, items, { whenExists: 'overwrite' });
    for (const item of items.slice(0, 3)) await sendOne(landing, item);
    await landing.begin(items[3]!.entry, 0);
    await fs.writeFile(join(cwd, 'mine', 'new', 'note'), 'somebody’s');
    expect((await problemOf(sendOne(landing, file('other/../b', 'x')))).code).toBe('hostile-name');
    await landing[Symbol.asyncDispose]();
    expect(Object.keys(await contentsOf(cwd)).sort()).toEqual([
      'mine',
      'mine/new',
      'mine/new/note',
      'mine/too',
    ]);
  });

  it('keeps what is worth going on with: files, and directories that are all there is', async () => {
    for (const items of [[file('d/a', 'a'), file('d/b', 'b')], [directory('d')]]) {
      const cwd = await temporaryDirectory();
      const landing = await open(cwd, items);
      await sendOne(landing, items[0]!);
      await landing[Symbol.asyncDispose]();
      const again = await open(cwd, items);
      expect((await again.resumePoint()).index).toBe(1);
      await send(again, items);
      await again.complete();
      expect(await contentsOf(cwd)).toEqual({ d: '(directory)', ...expectedContents(items) });
    }
  });

  it('loses neither of two files that come under one name', async () => {
    const twice = [file('d/a', 'first'), file('d/a', 'other')];
    for (const whenExists of ['refuse', 'overwrite', 'rename'] as const) {
      const cwd = await temporaryDirectory();
      const landing = await open(cwd, twice, { whenExists });
      await sendOne(landing, twice[0]!);
      await vi.waitFor(() => fs.access(join(cwd, 'd', 'a')));
      const rest = sendOne(landing, twice[1]!).then(() => landing.complete());
      expect((await problemOf(rest)).code).toBe('exists');
      expect(await fs.readFile(join(cwd, 'd', 'a'), 'utf8')).toBe('first');
    }
  });

  it('does not mix a file and a directory of one name', async () => {
    for (const items of [
      [file('d', 'x'), file('d/a', 'a')],
      [file('d/a', 'a'), file('d', 'x')],
    ]) {
      const cwd = await temporaryDirectory();
      const landing = await open(cwd, items, { nameplate: NAMEPLATE, whenExists: 'overwrite' });
      await sendOne(landing, items[0]!);
      await vi.waitFor(() => fs.access(join(cwd, items[0]!.entry.path)));
      const rest = sendOne(landing, items[1]!).then(() => landing.complete());
      expect((await problemOf(rest)).code).toBe('not-a-directory');
    }
  });
});
