import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { planLanding } from '../../../src/client/landing/landing.js';
import { buildChild, startChild } from './child.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  finishLast,
  land,
  NAMEPLATE,
  open,
  optionsFor,
  problemOf,
  send,
  sendFirst,
  sendOne,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const isPosix = process.platform !== 'win32';

describe('receiving: what is there already', () => {
  it('symlink_parent', async () => {
    const elsewhere = await temporaryDirectory();
    for (const whenExists of ['refuse', 'overwrite'] as const) {
      const cwd = await temporaryDirectory();
      const items = [directory('d'), file('d/one', '1'), file('d/sub/two', '2')];
      const landing = await open(cwd, items, { whenExists });
      await sendOne(landing, items[0]!);
      await sendOne(landing, items[1]!);
      await fs.symlink(elsewhere, join(cwd, 'd', 'sub'));
      const problem = await problemOf(sendOne(landing, items[2]!));
      expect(problem.code).toBe('not-a-directory');
      expect(problem.message).toContain('a link');
    }
    // At the top, and put there in the middle, when the directory was known to be one.
    const cwd = await temporaryDirectory();
    await fs.symlink(elsewhere, join(cwd, 'd'));
    const items = [file('d/one', '1')];
    for (const whenExists of ['refuse', 'overwrite'] as const)
      await problemOf(planLanding(optionsFor(cwd, items, { whenExists })));
    await fs.rm(join(cwd, 'd'));
    const landing = await open(cwd, items, { whenExists: 'overwrite' });
    await sendFirst(landing, items[0]!);
    await fs.rm(join(cwd, 'd'), { recursive: true });
    await fs.symlink(elsewhere, join(cwd, 'd'));
    expect((await problemOf(finishLast(landing, items[0]!))).code).toBe('not-a-directory');
    expect(await contentsOf(elsewhere)).toEqual({});
  });

  it('symlink_target', async () => {
    const elsewhere = await temporaryDirectory();
    const precious = join(elsewhere, 'precious');
    await fs.writeFile(precious, 'precious');
    for (const size of [3, 600_000]) {
      const items = [file('d/a', 'x'.repeat(size))];
      for (const whenExists of ['refuse', 'overwrite', 'rename'] as const) {
        for (const target of [precious, join(elsewhere, 'missing')]) {
          const cwd = await temporaryDirectory();
          const landing = await open(cwd, items, { whenExists });
          await landing.begin(items[0]!.entry, 0);
          await fs.symlink(target, join(cwd, 'd', 'a'));
          await landing.write(items[0]!.bytes!);
          expect((await problemOf(finishLast(landing, items[0]!))).code).toBe(
            whenExists === 'overwrite' ? 'not-a-directory' : 'exists',
          );
          expect((await fs.lstat(join(cwd, 'd', 'a'))).isSymbolicLink()).toBe(true);
        }
      }
      const cwd = await temporaryDirectory();
      await fs.symlink(precious, join(cwd, 'd'));
      const top = [file('d', 'x'.repeat(size))];
      expect((await problemOf(land(cwd, top))).code).toBe('exists');
      expect((await problemOf(land(cwd, top, { whenExists: 'overwrite' }))).code).toBe('not-a-directory');
      expect((await land(cwd, top, { whenExists: 'rename' })).names).toEqual(['d (2)']);
    }
    expect(await contentsOf(elsewhere)).toEqual({ precious: 'precious' });
  });

  it('setuid_mode', async ({ skip }) => {
    skip(!isPosix, 'there are no such modes here');
    const cwd = await temporaryDirectory();
    // What a sender of another kind might say beside the one bit that counts.
    const extra = { mode: 0o6777, executable: true };
    const items = [
      directory('d'),
      file('d/small', 'x', extra),
      file('d/large', Buffer.alloc(400_000), extra),
      file('d/plain', 'x'),
      file('d/large plain', Buffer.alloc(400_000)),
    ];
    const before = process.umask(0o027);
    onTestFinished(() => void process.umask(before));
    await land(cwd, items);
    const modes = await Promise.all(
      items.map(async ({ entry }) => (await fs.stat(join(cwd, entry.path))).mode & 0o7777),
    );
    expect(modes).toEqual([0o750, 0o750, 0o750, 0o640, 0o640]);
  });

  it('existing_file', async () => {
    const items = [file('a.txt', 'new'), directory('d'), file('d/b', 'new b')];
    const withOld = async () => {
      const cwd = await temporaryDirectory();
      await fs.writeFile(join(cwd, 'a.txt'), 'old');
      await fs.mkdir(join(cwd, 'd'));
      await fs.writeFile(join(cwd, 'd', 'other'), 'other');
      return cwd;
    };
    const old = { 'a.txt': 'old', d: '(directory)', 'd/other': 'other' };

    const refused = await withOld();
    const problem = await problemOf(planLanding(optionsFor(refused, items)));
    expect(problem).toMatchObject({ code: 'exists' });
    expect(problem.message).toMatch(/a\.txt" is already there\. Use --overwrite .* or --rename/);
    expect(await contentsOf(refused)).toEqual(old);

    const overwritten = await withOld();
    const plan = await planLanding(optionsFor(overwritten, items, { whenExists: 'overwrite' }));
    expect(plan.existing).toEqual(['a.txt', 'd']);
    await land(overwritten, items, { whenExists: 'overwrite' });
    expect(await contentsOf(overwritten)).toEqual({ ...old, ...expectedContents(items) });

    const renamed = await withOld();
    const landed = await land(renamed, items, { whenExists: 'rename' });
    expect(landed.names).toEqual(['a (2).txt', 'd (2)']);
    expect(await contentsOf(renamed)).toEqual({
      ...old,
      'a (2).txt': 'new',
      'd (2)': '(directory)',
      'd (2)/b': 'new b',
    });

    // It came into being after everything was looked at.
    for (const bytes of [Buffer.from('new'), Buffer.alloc(600_000)]) {
      const one = [file('a.txt', bytes)];
      for (const whenExists of ['refuse', 'rename'] as const) {
        const cwd = await temporaryDirectory();
        const landing = await open(cwd, one, { whenExists });
        await sendFirst(landing, one[0]!);
        await fs.writeFile(join(cwd, 'a.txt'), 'quicker');
        const rest = finishLast(landing, one[0]!);
        if (whenExists === 'refuse') expect((await problemOf(rest)).code).toBe('exists');
        else expect((await rest).names).toEqual(['a (2).txt']);
        expect(await fs.readFile(join(cwd, 'a.txt'), 'utf8')).toBe('quicker');
      }
    }
  });

  it('two_receivers_same_dir', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('a.txt', 'a'), directory('d'), file('d/large', Buffer.alloc(700_000, 1))];
    const one = await open(cwd, items, { whenExists: 'rename' });
    const two = await open(cwd, items, { whenExists: 'rename' });
    const three = await open(cwd, items, { whenExists: 'refuse' });
    expect((await fs.readdir(cwd)).sort()).toEqual([STAGING, `${STAGING}-2`, `${STAGING}-3`]);
    await sendOne(one, items[0]!);
    await vi.waitFor(() => fs.access(join(cwd, 'a.txt')));
    await sendOne(two, items[0]!);
    await sendOne(one, items[1]!);
    // Both chose the same names before anything was there: a file gets another, and nothing is mixed.
    expect((await problemOf(sendOne(two, items[1]!))).code).toBe('exists');
    await sendOne(one, items[2]!);
    expect((await one.complete()).names).toEqual(['a.txt', 'd']);
    expect((await problemOf(send(three, items).then(() => three.complete()))).code).toBe('exists');
    await two[Symbol.asyncDispose]();
    await three[Symbol.asyncDispose]();
    expect(await contentsOf(cwd)).toMatchObject({ ...expectedContents(items), 'a (2).txt': 'a' });

    // In another process, which is killed: then what it kept is this one's.
    const other = await temporaryDirectory();
    const program = await buildChild(await temporaryDirectory());
    const entries = [{ entry: file('x', 'x').entry, fill: 120 }];
    const child = startChild(program, {
      cwd: other,
      nameplate: NAMEPLATE,
      items: entries,
      chunkBytes: 1,
      wait: true,
    });
    await child.ready;
    await vi.waitFor(async () => expect(await fs.readdir(join(other, STAGING))).toContain('journal'), 5000);
    const beside = await open(other, [file('x', 'x')]);
    expect((await fs.readdir(other)).sort()).toEqual([STAGING, `${STAGING}-2`]);
    await beside[Symbol.asyncDispose]();
    child.child.kill('SIGKILL');
    await child.ended;
    await land(other, [file('x', 'x')]);
    expect(await contentsOf(other)).toEqual({ x: 'x' });
  });
});
