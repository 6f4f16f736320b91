import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeStream } from '../../../src/client/source/describe.js';
import { SourceError } from '../../../src/transfer/source.js';
import { survey, walk } from '../../../src/client/source/walk.js';
import { collect, pathsOf, tree } from './tree.js';

describe('the order', () => {
  it('has each directory before what is in it, and names by code unit', async () => {
    const root = tree({
      'd/b': '',
      'd/a/x/1': '',
      'd/a.txt': '',
      'd/B': '',
      'd/ä': '',
      'd/z/': '',
      'd/10': '',
      'd/9': '',
    });
    expect(await pathsOf([join(root, 'd')])).toEqual([
      'd/',
      'd/10',
      'd/9',
      'd/B',
      'd/a/',
      'd/a/x/',
      'd/a/x/1',
      'd/a.txt',
      'd/b',
      'd/z/',
      'd/ä',
    ]);
  });

  it('keeps the order in which the paths were named', async () => {
    const root = tree({ b: '', a: '', 'c/1': '' });
    expect(await pathsOf([join(root, 'b'), join(root, 'c'), join(root, 'a')])).toEqual([
      'b',
      'c/',
      'c/1',
      'a',
    ]);
  });

  it('is the same beyond one batch', async () => {
    const root = tree(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d/${i}`, ''])));
    const paths = await pathsOf([join(root, 'd')]);
    expect(paths).toEqual(['d/', ...Array.from({ length: 300 }, (_, i) => `d/${i}`).sort()]);
  });
});

describe('an entry', () => {
  it('says size, rights and whole milliseconds', async () => {
    const root = tree({ 'run.sh': 'hello' });
    const path = join(root, 'run.sh');
    chmodSync(path, 0o744);
    utimesSync(path, 1_700_000_000.5, 1_700_000_000.25);
    const found = await collect(walk([path]));
    expect(found).toEqual([
      {
        absolutePath: path,
        entry: {
          path: 'run.sh',
          kind: 'file',
          size: 5,
          executable: true,
          modifiedMs: 1_700_000_000_250,
          mode: 0o744,
        },
      },
    ]);
  });

  it('of a directory is never executable and has no bytes', async () => {
    const root = tree({ 'empty/': '' });
    const [found] = await collect(walk([join(root, 'empty')]));
    expect(found?.entry).toMatchObject({ path: 'empty', kind: 'directory', size: 0, executable: false });
  });

  it('of a stream has a name and no size', () => {
    expect(describeStream('dump.sql', 1_000.7)).toEqual({
      offer: { kind: 'stream', names: ['dump.sql'], entries: 1, bytes: undefined },
      entry: { path: 'dump.sql', kind: 'file', size: undefined, executable: false, modifiedMs: 1_000 },
    });
  });

  it.each(['(a) [b].txt', 'ジ', '🎉', '-x-', ' ', 'a\nb', '\u202Egpj.exe', 'a\\b', '\uFFFD'])(
    'keeps the name %j as it is',
    async (name) => {
      const root = tree({ [`d/${name}`]: 'x' });
      expect(await pathsOf([join(root, 'd')])).toEqual(['d/', `d/${name}`]);
    },
  );
});

describe('the name at the top', () => {
  it.each([
    ['d', 'd'],
    ['d/', 'd'],
    ['./d//', 'd'],
    ['d/.', 'd'],
    ['d/e/..', 'd'],
    ['link', 'link'],
    ['link/', 'link'],
    ['link/..', 'd'],
    ['file-link', 'file-link'],
  ])('of %s is %s', async (path, name) => {
    const root = tree({ 'd/e/f': '' });
    symlinkSync('d/e', join(root, 'link'));
    symlinkSync('d/e/f', join(root, 'file-link'));
    const [found] = await collect(walk([`${root}/${path}`]));
    expect(found?.entry.path).toBe(name);
  });

  it('of the current directory is its own', async () => {
    const [found] = await collect(walk(['.']));
    expect(found?.entry.path).toBe(basename(process.cwd()));
  });

  it('is refused twice', async () => {
    const root = tree({ 'a/x': '', 'b/x': '' });
    await expect(survey([join(root, 'a/x'), join(root, 'b/x')])).rejects.toThrow(
      /a\/x" and ".*b\/x" would both arrive as "x"/,
    );
  });

  it('is refused where there is none', async () => {
    await expect(survey(['/'])).rejects.toThrow(
      '"/" has no name to arrive under. Name what is in it instead.',
    );
  });
});

describe('what is neither file nor directory', () => {
  it('is left out and counted inside a directory', async () => {
    const root = tree({ 'd/file': '12345', 'd/sub/': '' });
    symlinkSync('file', join(root, 'd/link'));
    symlinkSync('..', join(root, 'd/sub/up'));
    symlinkSync('nowhere', join(root, 'd/broken'));
    execFileSync('mkfifo', [join(root, 'd/pipe')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'd/socket'), resolve));
    try {
      const skipped: string[] = [];
      const onSkipped = (path: string) => skipped.push(basename(path));
      expect(await pathsOf([join(root, 'd')], { onSkipped })).toEqual(['d/', 'd/file', 'd/sub/']);
      expect(skipped.sort()).toEqual(['broken', 'link', 'pipe', 'socket', 'up']);
      const { offer, files, skipped: leftOut } = await survey([join(root, 'd')]);
      expect({ offer, files }).toEqual({
        offer: { kind: 'files', names: ['d'], sizes: [5], entries: 3, bytes: 5 },
        files: 1,
      });
      expect(leftOut.count).toBe(5);
      expect([...leftOut.paths].sort()).toEqual(['d/broken', 'd/link', 'd/pipe', 'd/socket', 'd/sub/up']);
    } finally {
      server.close();
    }
  });

  it('is refused where it was named itself', async () => {
    await expect(survey(['/dev/null'])).rejects.toThrow(
      /^"\/dev\/null" is neither a file nor a directory\. /,
    );
  });
});

describe('what cannot be read', () => {
  it('is named, escaped, before anything', async () => {
    const root = tree();
    const error: unknown = await survey([join(root, 'no\u001B[31m')]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: 'source' });
    expect((error as Error).message).toMatch(/^"[^\u001B]+" does not exist\. Check the path\.$/);
  });

  it('is a link that leads to itself', async () => {
    const root = tree();
    symlinkSync('loop', join(root, 'loop'));
    await expect(survey([join(root, 'loop')])).rejects.toThrow('its links lead in a circle');
  });

  it.each([{ 'd/': '' }, { 'd/f\uFFFD': 'another' }])(
    'is a name that is not UTF-8, beside %j',
    async (files) => {
      const root = tree(files);
      writeFileSync(Buffer.concat([Buffer.from(join(root, 'd/')), Buffer.of(0x66, 0xff)]), 'x');
      await expect(survey([join(root, 'd')])).rejects.toThrow(/"d\/f.*" has a name that is not UTF-8 text/);
    },
  );
});

describe('a large tree', () => {
  it('of 4,000 files comes one by one, and stops where the caller does', async () => {
    const root = tree();
    for (let d = 0; d < 20; d += 1) {
      mkdirSync(join(root, `t/${d}`), { recursive: true });
      for (let f = 0; f < 200; f += 1) writeFileSync(join(root, `t/${d}/${f}`), 'x');
    }
    expect(await survey([join(root, 't')])).toMatchObject({ offer: { entries: 4_021, bytes: 4_000 } });
    const walking = walk([join(root, 't')]);
    await walking.next();
    await walking.next();
    // What has not been looked at may still change: the walk is not ahead of its caller by a whole tree.
    renameSync(join(root, 't/9'), join(root, 't-9'));
    expect((await collect(walking)).map(({ entry }) => entry.path)).not.toContain('t/9');
  });

  it('may be as deep as a receiver takes it', async () => {
    const deep = (depth: number) => [join(tree({ [`d/${'n/'.repeat(depth - 1)}`]: '' }), 'd')];
    expect(await survey(deep(64))).toMatchObject({ offer: { entries: 64, bytes: 0 } });
    await expect(survey(deep(65))).rejects.toThrow('is more than 64 directories deep.');
  });
});
