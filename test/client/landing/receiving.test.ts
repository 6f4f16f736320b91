import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { printable } from '../../../src/client/landing/names.js';
import { planLanding, type Landing } from '../../../src/client/landing/landing.js';
import { buildChild, startChild } from './child.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  finishLast,
  land,
  MODIFIED_MS,
  NAMEPLATE,
  offerOf,
  open,
  optionsFor,
  problemOf,
  send,
  sendFirst,
  sendOne,
  sha256,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const isRoot = process.getuid?.() === 0;
const isPosix = process.platform !== 'win32';

/** Runs a program of the system's; throws where it fails or is missing. */
function system(program: string, ...parameters: string[]): void {
  execFileSync(program, parameters, { stdio: 'ignore' });
}

/** A small file system of its own, where that can be had. */
async function mountTmpfs(path: string, size: string): Promise<boolean> {
  if (!isRoot || process.platform !== 'linux') return false;
  try {
    system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path);
  } catch {
    return false;
  }
  onTestFinished(() => system('umount', '-l', path));
  return Promise.resolve(true);
}

describe('receiving', () => {
  it('traversal', async () => {
    const outside = await temporaryDirectory();
    const cwd = join(outside, 'a', 'b');
    await fs.mkdir(cwd, { recursive: true });
    const hostile = [
      '../x',
      '/x',
      'C:\\x',
      '\\\\srv\\x',
      'a/../../x',
      '..',
      '.',
      'd/../../x',
      'd//x',
      'd/./x',
    ];
    for (const path of hostile) {
      const problem = await problemOf(
        planLanding(optionsFor(cwd, [], { offer: offerOf([file(path, 'x')], [path]) })),
      );
      expect(problem.code).toBe('hostile-name');
      const landing = await open(cwd, [directory('d'), file('d/x', 'x')]);
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
      expect((await problemOf(sendOne(landing, file(`d/${path}`, 'x')))).code).toBe('hostile-name');
      await landing[Symbol.asyncDispose]();
    }
    expect(await contentsOf(outside)).toEqual({ a: '(directory)', 'a/b': '(directory)' });
  });

  it('windows_names', async () => {
    const cwd = await temporaryDirectory();
    for (const name of ['NUL', 'con.txt', 'Com1', 'a:b', 'a.', 'a ', 'a?', 'a"b', 'aux.tar.gz']) {
      const offered = await problemOf(planLanding(optionsFor(cwd, [file(name, 'x')])));
      expect(offered.code).toBe('hostile-name');
      const landing = await open(cwd, [file('d/x', 'x')]);
      expect((await problemOf(sendOne(landing, file(`d/${name}`, 'x')))).code).toBe('hostile-name');
      await landing[Symbol.asyncDispose]();
    }
    expect(await contentsOf(cwd)).toEqual({});
  });

  it('ansi_bidi_zero_width', async () => {
    expect(printable('a\x1b[2Jb')).toBe('a\\u{1b}[2Jb');
    expect(printable('\u202egpj.exe')).toBe('\\u{202e}gpj.exe');
    expect(printable('a\u200bb\ufeff\u2066c\u00ad\u3164\u2028')).toBe(
      'a\\u{200b}b\\u{feff}\\u{2066}c\\u{ad}\\u{3164}\\u{2028}',
    );
    expect(printable('\u009b31m\r\n\t\u00a0')).toBe('\\u{9b}31m\\u{d}\\u{a}\\u{9}\\u{a0}');
    const cwd = await temporaryDirectory();
    const control = await problemOf(planLanding(optionsFor(cwd, [file('a\x1b[2J', 'x')])));
    expect(control.message).toContain('"a\\u{1b}[2J"');
    const bidi = file('\u202egpj.exe', 'x');
    await land(cwd, [bidi]);
    // problemOf looks that nothing of it stands in the message as it is.
    expect((await problemOf(land(cwd, [bidi]))).message).toContain('\\u{202e}gpj.exe');
    const landing = await open(cwd, [file('d/\u200b', 'x')]);
    expect((await problemOf(sendOne(landing, file('d/\u200b', 'xx')))).code).toBe('too-much');
    expect((await problemOf(sendOne(landing, file('e\u200b', 'x')))).message).toContain('e\\u{200b}');
  });

  it('legit_names', async () => {
    const cwd = await temporaryDirectory();
    const names = [
      '(a) [b].txt',
      'ジ',
      '🎉👩‍👩‍👧.png',
      '-x-',
      '.hidden',
      'caf\u00e9',
      ' leading',
      "it's; $HOME `x`",
      '..a',
    ];
    const items = names.flatMap((name) => [file(name, name), file(`in ${name}/${name}`, name)]);
    const landed = await land(cwd, items);
    expect(landed.names).toEqual(offerOf(items).names);
    expect(landed.files).toBe(items.length);
    expect(await contentsOf(cwd)).toMatchObject(expectedContents(items));
  });

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

  it('overlong_component', async () => {
    const cwd = await temporaryDirectory();
    const long = 'x'.repeat(256);
    const problem = await problemOf(planLanding(optionsFor(cwd, [file(long, 'x')])));
    expect(problem.code).toBe('hostile-name');
    expect(problem.message.length).toBeLessThan(300);
    const landing = await open(cwd, [file('d/x', 'x')]);
    for (const path of [
      `d/${long}`,
      `d/${'é'.repeat(128)}`,
      `d/${'abc/'.repeat(2000)}x`,
      `d/${'x'.repeat(50_000_000)}`,
    ])
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
    await landing[Symbol.asyncDispose]();
    expect(await contentsOf(cwd)).toEqual({});
    await land(cwd, [file('y'.repeat(255), 'x'), file(`d/${'é'.repeat(127)}`, 'x')]);
  });

  it('1,000,000 entries (bounded refusal)', async () => {
    const cwd = await temporaryDirectory();
    const names = Array.from({ length: 1_000_000 }, (_, index) => String(index));
    const offer = { kind: 'files', names, entries: 1_000_000, bytes: 0 } as const;
    const begun = performance.now();
    expect((await problemOf(planLanding(optionsFor(cwd, [], { offer })))).code).toBe('too-much');
    expect(performance.now() - begun).toBeLessThan(1000);

    const items = [directory('d'), file('d/1', '1')];
    const landing = await open(cwd, items);
    await send(landing, items);
    await landing.verify();
    for (let n = 0; n < 1000; n += 1)
      expect((await problemOf(landing.begin(file(`d/more${n}`, '').entry, 0))).code).toBe('too-much');
    expect(Object.keys(await contentsOf(join(cwd, 'd')))).toEqual(['1']);

    const { files, ffree } = await fs.statfs(cwd);
    if (files > 0 && ffree < 1_000_000) return;
    // As many as were offered are all right, and too few are not.
    const many = await open(cwd, [], { nameplate: '2222', offer: { ...offer, names: ['e'] } });
    await sendOne(many, file('e/1', ''));
    expect((await problemOf(many.complete())).code).toBe('mismatch');
  });

  it('depth 10,000 (bounded refusal)', async () => {
    const cwd = await temporaryDirectory();
    const deep = Array.from({ length: 10_000 }, () => 'd').join('/');
    const landing = await open(cwd, [file('d/x', 'x')]);
    const begun = performance.now();
    for (const path of [deep, deep.slice(0, 4095), deep.slice(0, 2 * 65 - 1)])
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
    expect(performance.now() - begun).toBeLessThan(1000);
    await landing[Symbol.asyncDispose]();
    expect(await contentsOf(cwd)).toEqual({});
  });

  it('more_or_fewer_bytes_than_offered', async () => {
    for (const size of [10, 600_000]) {
      const cwd = await temporaryDirectory();
      const item = file('d/a', Buffer.alloc(size, 1));
      const more = [item, file('d/b', 'b')];
      const landing = await open(cwd, more);
      // More than the entry says, at once and byte by byte; and again from its start, with fewer.
      await landing.begin(item.entry, 0);
      expect((await problemOf(landing.write(Buffer.alloc(size + 1)))).code).toBe('too-much');
      await landing.write(item.bytes!);
      expect((await problemOf(landing.write(Buffer.alloc(1)))).code).toBe('too-much');
      await landing.begin(item.entry, 0);
      await landing.write(item.bytes!.subarray(1));
      expect((await problemOf(landing.finish(size - 1))).code).toBe('mismatch');
      // An entry that is larger than all that was offered.
      expect((await problemOf(landing.begin({ ...item.entry, size: size + 2 }, 0))).code).toBe('too-much');
      await sendOne(landing, item);
      expect((await problemOf(landing.begin({ ...more[1]!.entry, size: 2 }, 0))).code).toBe('too-much');
      expect((await problemOf(landing.complete())).code).toBe('mismatch');
      await sendOne(landing, more[1]!);
      expect((await problemOf(landing.begin(more[1]!.entry, 0))).code).toBe('too-much');
      await landing.complete();
      expect(await contentsOf(cwd)).toMatchObject(expectedContents(more));
    }
    // Where nobody knew the size, and where fewer came in all.
    const cwd = await temporaryDirectory();
    const item = file('s', 'stream', { size: undefined });
    const stream = await open(cwd, [item], { offer: { kind: 'stream', names: ['s'], entries: 1, bytes: 6 } });
    await stream.begin(item.entry, 0);
    expect((await problemOf(stream.write(Buffer.alloc(7)))).code).toBe('too-much');
    await stream.write(item.bytes!);
    await finishLast(stream, item);
    const fewer = await open(cwd, [], { offer: { kind: 'files', names: ['t'], entries: 1, bytes: 7 } });
    await sendOne(fewer, file('t', '123456'));
    expect((await problemOf(fewer.complete())).code).toBe('mismatch');
  });

  it('disk_full', async () => {
    const cwd = await temporaryDirectory();
    const isReal = await mountTmpfs(cwd, '2m');
    const bytes = Buffer.alloc(3_000_000, 'full');
    const item = file('large', bytes, { size: undefined });
    const small = Array.from({ length: 100 }, (_, index) => file(`d/${index}`, Buffer.alloc(50_000, index)));
    if (isReal) {
      const planned = await problemOf(planLanding(optionsFor(cwd, [file('large', bytes)])));
      expect(planned).toMatchObject({ code: 'no-space' });
      expect(planned.message).toMatch(/3000000 bytes are needed .* are free\. Free some/);
    } else
      console.log(
        'disk_full: no file system of its own can be mounted here; writes are made to fail instead',
      );

    const offer = { kind: 'stream', names: ['large'], entries: 1, bytes: undefined } as const;
    const landing = await open(cwd, [], { offer });
    await landing.begin(item.entry, 0);
    if (!isReal) await failWrites(join(cwd, STAGING, 'partial'));
    const fill = async () => {
      for (let at = 0; at < bytes.length; at += 100_000)
        await landing.write(bytes.subarray(at, at + 100_000));
    };
    const problem = await problemOf(fill());
    expect(problem.code).toBe('no-space');
    expect(problem.message).toContain('what arrived is kept');
    expect(await problemOf(landing.finish(bytes.length))).toBe(problem);
    await landing[Symbol.asyncDispose]();
    expect(Object.keys(await contentsOf(cwd))).not.toContain('large');

    vi.restoreAllMocks();
    if (!isReal) return;
    const kept = (await fs.stat(join(cwd, STAGING, 'partial'))).size;
    expect(kept).toBeGreaterThan(1_000_000);
    system('mount', '-o', 'remount,size=8m', cwd);
    const again = await open(cwd, [], { offer });
    const point = await again.resumePoint();
    expect(point).toMatchObject({ index: 0, offset: kept, digest: sha256(bytes.subarray(0, kept)) });
    await sendOne(again, item, point.offset);
    await again.complete();
    expect(sha256(await fs.readFile(join(cwd, 'large')))).toEqual(sha256(bytes));

    // And among small files. Up to 1 MiB of them (20) is written side by side, and any of those may be the one that
    // fails: what counts is what came before it, of the 59 that there is space for.
    await fs.rm(join(cwd, 'large'));
    system('mount', '-o', 'remount,size=3m', cwd);
    const first = await open(cwd, [], { nameplate: '1', offer: { ...offerOf(small), bytes: undefined } });
    expect((await problemOf(send(first, small).then(() => first.complete()))).code).toBe('no-space');
    await first[Symbol.asyncDispose]();
    for (const [path, content] of Object.entries(await contentsOf(join(cwd, 'd'))))
      expect(content).toBe(Buffer.alloc(50_000, Number(path)).toString('latin1'));
    system('mount', '-o', 'remount,size=8m', cwd);
    const second = await open(cwd, [], { nameplate: '1', offer: { ...offerOf(small), bytes: undefined } });
    expect((await second.resumePoint()).index).toBeGreaterThan(30);
    await send(second, small);
    await second.complete();
    expect(await contentsOf(cwd)).toEqual({ d: '(directory)', ...expectedContents(small) });
  });

  it('read_only_dir', async ({ skip }) => {
    skip(!isPosix, 'directories have no such permission here');
    const cwd = await temporaryDirectory();
    if (!isRoot) {
      await fs.chmod(cwd, 0o500);
      expect((await problemOf(planLanding(optionsFor(cwd, [file('a', 'x')])))).code).toBe('read-only');
      return;
    }
    // Root may write anywhere: somebody else tries.
    const NOBODY = 65_534;
    await fs.chmod(cwd, 0o755);
    const program = await buildChild(await temporaryDirectory());
    const items = [{ entry: file('a', 'x').entry, fill: 1 }];
    const task = { cwd, nameplate: NAMEPLATE, items, chunkBytes: 10 };
    const { code, stdout, stderr } = await startChild(program, task, NOBODY).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^read-only You may not write .* --output\.\n$/);
    if (await mountTmpfs(cwd, '1m')) {
      system('mount', '-o', 'remount,ro', cwd);
      const problem = await problemOf(planLanding(optionsFor(cwd, [file('a', 'x')])));
      expect(problem.message).toContain('read-only file system');
    }
    expect(await contentsOf(cwd)).toEqual({});
  });

  it('corrupted_partial', async () => {
    const bytes = Buffer.alloc(900_000, 'good');
    const items = [file('d/a', 'a'), file('d/large', bytes), file('d/z', 'z')];
    const damages: Record<string, (partial: string) => Promise<void>> = {
      flipped: async (partial) => {
        const handle = await fs.open(partial, 'r+');
        await handle.write(Buffer.from('bad'), 0, 3, 1000);
        await handle.close();
      },
      longer: (partial) => fs.appendFile(partial, Buffer.alloc(400_000, 'good')),
      'much longer': (partial) => fs.truncate(partial, 50_000_000),
      "another's": (partial) => fs.writeFile(partial, Buffer.alloc(500_000, 'else')),
      shorter: (partial) => fs.truncate(partial, 1000),
      empty: (partial) => fs.truncate(partial, 0),
      gone: (partial) => fs.rm(partial),
      linked: async (partial) => {
        await fs.rm(partial);
        await fs.link(join(partial, '..', '..', 'd', 'a'), partial);
      },
      'a link': async (partial) => {
        await fs.rm(partial);
        await fs.symlink('../d/a', partial);
      },
    };
    const begun = async (cwd: string) => {
      const landing = await open(cwd, items);
      await sendOne(landing, items[0]!);
      await sendFirst(landing, items[1]!, 500_000);
      return landing;
    };
    const arrives = async (cwd: string, landing: Landing, name: string) => {
      await send(landing, items);
      expect(await landing.complete(), name).toMatchObject({ files: 3 });
      expect(await contentsOf(cwd), name).toEqual({ d: '(directory)', ...expectedContents(items) });
    };
    for (const [name, damage] of Object.entries(damages)) {
      const cwd = await temporaryDirectory();
      await (await begun(cwd))[Symbol.asyncDispose]();
      await damage(join(cwd, STAGING, 'partial'));
      await arrives(cwd, await open(cwd, items), name);
    }
    // And while the receiver runs on, between two connections: what counts is what the disk has.
    for (const name of ['flipped', 'longer', 'shorter', 'empty']) {
      const cwd = await temporaryDirectory();
      const landing = await begun(cwd);
      await damages[name]!(join(cwd, STAGING, 'partial'));
      await arrives(cwd, landing, name);
    }
  });

  it('crash_before_rename', async () => {
    const cwd = await temporaryDirectory();
    const program = await buildChild(await temporaryDirectory());
    for (const size of [1000, 700_000]) {
      const old = 'old'.repeat(size);
      const items = [{ entry: file('a', Buffer.alloc(size)).entry, fill: 7 }];
      await fs.writeFile(join(cwd, 'a'), old);
      let isDone = false;
      for (let die = 1; !isDone; die += 1) {
        const task = { cwd, nameplate: NAMEPLATE, items, chunkBytes: size, die, whenExists: 'overwrite' };
        await startChild(program, task).ended;
        const now = await fs.readFile(join(cwd, 'a'), 'latin1');
        isDone = now === '\x07'.repeat(size);
        expect(isDone || now === old).toBe(true);
        expect(die).toBeLessThan(60);
      }
      const { code } = await startChild(program, {
        cwd,
        nameplate: NAMEPLATE,
        items,
        chunkBytes: size,
        whenExists: 'overwrite',
      }).ended;
      expect(code).toBe(0);
      expect(await contentsOf(cwd)).toEqual({ a: '\x07'.repeat(size) });
    }
  }, 60_000);

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

  it('keeps times, of directories too, and empty files and directories', async () => {
    const cwd = await temporaryDirectory();
    const items = [
      directory('d', MODIFIED_MS - 1000),
      directory('d/empty', -86_400_000),
      file('d/nothing', '', { modifiedMs: 1 }),
      file('d/large', Buffer.alloc(600_000), { modifiedMs: MODIFIED_MS - 5 }),
    ];
    expect(await land(cwd, items)).toEqual({ files: 2, bytes: 600_000, names: ['d'] });
    for (const { entry } of items)
      expect(Math.floor((await fs.stat(join(cwd, entry.path))).mtimeMs)).toBe(entry.modifiedMs);
    expect(await fs.readdir(cwd)).toEqual(['d']);
  });
});

/** Where no small file system can be had: the file takes a megabyte and no more. */
async function failWrites(path: string): Promise<void> {
  const probe = await fs.open(path);
  const handle = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  let left = 1_000_000;
  const write = handle.write.bind(handle) as unknown;
  vi.spyOn(handle, 'write').mockImplementation(function (this: typeof probe, ...parameters: unknown[]) {
    left -= (parameters[0] as Buffer).length;
    if (left < 0) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    return Reflect.apply(write as typeof handle.write, this, parameters) as never;
  });
}
