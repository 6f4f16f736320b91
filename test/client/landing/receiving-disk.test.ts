import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { planLanding, type Landing } from '../../../src/client/landing/landing.js';
import { buildChild, startChild } from './child.js';
import {
  contentsOf,
  expectedContents,
  file,
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

describe('receiving: a disk that fails, and what it keeps', () => {
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
    for (let path = tmpdir(); path !== dirname(path); path = dirname(path)) {
      const isOpen = ((await fs.stat(path)).mode & 0o001) !== 0;
      skip(!isOpen, `nobody else comes into ${path}, where temporary files are`);
    }
    await fs.chmod(cwd, 0o755);
    const program = await buildChild(await temporaryDirectory());
    const items = [{ entry: file('a', 'x').entry, fill: 1 }];
    const task = { cwd, nameplate: NAMEPLATE, items, chunkBytes: 10, uid: NOBODY };
    const { code, stdout, stderr } = await startChild(program, task).ended;
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
