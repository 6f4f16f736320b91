import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLanding } from '../../../src/client/landing/landing.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  finishLast,
  land,
  MODIFIED_MS,
  open,
  optionsFor,
  problemOf,
  send,
  sendOne,
  temporaryDirectory,
} from './helpers.js';

describe('receiving: more, or other, than was offered', () => {
  it('1,000,000 entries (bounded refusal)', async () => {
    const cwd = await temporaryDirectory();
    const names = Array.from({ length: 1_000_000 }, (_, index) => String(index));
    const offer = { kind: 'files', names, entries: 1_000_000, bytes: 0 } as const;
    // Refused by its count: the names are not gone through.
    let looks = 0;
    const watched = new Proxy(names, { get: (all, key) => ((looks += 1), Reflect.get(all, key) as unknown) });
    const plan = planLanding(optionsFor(cwd, [], { offer: { ...offer, names: watched } }));
    expect((await problemOf(plan)).code).toBe('too-much');
    expect(looks).toBeLessThan(1000);

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
    for (const path of [deep, deep.slice(0, 4095), deep.slice(0, 2 * 65 - 1)])
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
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
