import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLanding } from '../../../src/client/landing/landing.js';
import {
  chainOf,
  contentsOf,
  directory,
  expectedContents,
  file,
  finishLast,
  land,
  MODIFIED_MS,
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

const LARGE = Buffer.alloc(900_000, 'large');

describe('resuming', () => {
  it('goes on in the middle of an entry within one process', async () => {
    for (const bytes of [LARGE, Buffer.alloc(100_000, 'small')]) {
      const cwd = await temporaryDirectory();
      const items = [directory('d'), file('d/a', bytes), file('d/b', 'b')];
      const landing = await open(cwd, items);
      const zero = { index: 0, chain: new Uint8Array(32), offset: 0, digest: undefined, bytes: 0 };
      expect(await landing.resumePoint()).toEqual(zero);
      await sendOne(landing, items[0]!);
      await sendFirst(landing, items[1]!, 70_000);
      await landing.write(bytes.subarray(70_000, 70_010));
      const here = {
        index: 1,
        chain: chainOf(items.slice(0, 1)),
        offset: 70_010,
        digest: sha256(bytes.subarray(0, 70_010)),
        bytes: 70_010,
      };
      expect(await landing.resumePoint()).toEqual(here);
      expect((await problemOf(landing.begin(items[1]!.entry, 5))).code).toBe('mismatch');
      await sendOne(landing, items[1]!, 70_010);
      expect(await landing.resumePoint()).toMatchObject({ index: 2, offset: 0 });
      await sendOne(landing, items[2]!);
      await landing.complete();
      expect(await contentsOf(cwd)).toEqual(expectedContents([directory('d'), ...items]));
    }
  });

  it('goes on in another process, and counts what is kept as space that is there', async () => {
    const cwd = await temporaryDirectory();
    const items = [directory('d', 1000), file('d/a', 'a'), file('d/large', LARGE), file('top', 'top')];
    const landing = await open(cwd, items);
    await sendOne(landing, items[0]!);
    await sendOne(landing, items[1]!);
    await sendFirst(landing, items[2]!, 300_000);
    await landing.write(LARGE.subarray(300_000, 300_007));
    await landing[Symbol.asyncDispose]();
    expect(Object.keys(await contentsOf(cwd)).sort()).toEqual(
      [STAGING, `${STAGING}/journal`, `${STAGING}/partial`, 'd', 'd/a'].sort(),
    );

    const plan = await planLanding(optionsFor(cwd, items));
    expect(plan).toMatchObject({ keptBytes: 300_008, existing: [], discarded: false });
    const again = await open(cwd, items);
    expect(await again.resumePoint()).toEqual({
      index: 2,
      chain: chainOf(items.slice(0, 2)),
      offset: 300_007,
      digest: sha256(LARGE.subarray(0, 300_007)),
      bytes: 300_008,
    });
    await send(again, items);
    expect(await again.complete()).toEqual({ files: 3, bytes: LARGE.length + 4, names: ['d', 'top'] });
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
    expect((await fs.stat(join(cwd, 'd'))).mtimeMs).toBe(1000);
  });

  it('has on the disk what was flushed, however small the pieces', async () => {
    const cwd = await temporaryDirectory();
    const item = file('s', 'stream', { size: undefined });
    const offer = { kind: 'stream', names: ['s'], entries: 1, bytes: undefined } as const;
    const landing = await open(cwd, [item], { offer });
    await landing.flush();
    await landing.begin(item.entry, 0);
    await landing.write(Buffer.from('str'));
    await landing.write(Buffer.from('eam'));
    await landing.flush();
    expect(await fs.readFile(join(cwd, STAGING, 'partial'), 'utf8')).toBe('stream');
    await finishLast(landing, item);
    expect(await contentsOf(cwd)).toEqual({ s: 'stream' });
  });

  it('can be told to send an entry from its start again', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('large', LARGE)];
    const landing = await open(cwd, items);
    await landing.begin(items[0]!.entry, 0);
    await landing.write(LARGE.subarray(1, 400_000));
    await sendOne(landing, items[0]!, 0);
    await landing.complete();
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
  });

  it('takes the first bytes of a file that has grown or shrunk since', async () => {
    for (const [before, after] of [
      [100_000, 200_000],
      [100_000, 900_000],
      [900_000, 60_000],
      [900_000, 800_000],
    ] as const) {
      const cwd = await temporaryDirectory();
      const items = [file('f', LARGE.subarray(0, after), { executable: true })];
      const landing = await open(cwd, items, { offer: { ...offerOf(items), bytes: undefined } });
      await landing.begin(file('f', LARGE.subarray(0, before)).entry, 0);
      await landing.write(LARGE.subarray(0, 50_000));
      await sendOne(landing, items[0]!, 50_000);
      await landing.complete();
      expect(await contentsOf(cwd)).toEqual(expectedContents(items));
      expect((await fs.stat(join(cwd, 'f'))).mode & 0o111).not.toBe(0);
    }
  });

  it('starts afresh when told so, and deletes nothing that has its final name', async () => {
    const cwd = await temporaryDirectory();
    const items = [directory('d'), file('d/a', 'a'), file('d/b', LARGE), file('top', LARGE)];
    const landing = await open(cwd, items);
    for (const item of items.slice(0, 3)) await sendOne(landing, item);
    await sendFirst(landing, items[3]!, 100_000);
    const before = await fs.stat(join(cwd, 'd', 'b'));
    await landing.restart();
    expect(await landing.resumePoint()).toEqual({
      index: 0,
      chain: new Uint8Array(32),
      offset: 0,
      digest: undefined,
      bytes: 0,
    });
    expect(await fs.readdir(join(cwd, 'd'))).toEqual(['a', 'b']);
    await send(landing, items);
    await landing.complete();
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
    expect((await fs.stat(join(cwd, 'd', 'b'))).ino).toBe(before.ino);
  });

  it('does not take a file for its own that has changed since', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('d/a', 'first'), file('d/b', 'b')];
    const landing = await open(cwd, items);
    await sendOne(landing, items[0]!);
    await landing[Symbol.asyncDispose]();
    const changed = [file('d/a', 'other', { modifiedMs: 5 }), items[1]!];
    const again = await open(cwd, changed);
    expect((await problemOf(send(again, changed).then(() => again.complete()))).code).toBe('exists');
    await again[Symbol.asyncDispose]();
    const third = await open(cwd, changed, { whenExists: 'overwrite' });
    await send(third, changed);
    await third.complete();
    expect(await contentsOf(cwd)).toEqual({ d: '(directory)', ...expectedContents(changed) });
  });

  it('says that another offer was kept, and throws it away', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('one', LARGE)];
    const landing = await open(cwd, items);
    await sendFirst(landing, items[0]!, 100_000);
    await landing[Symbol.asyncDispose]();
    const others = [file('two', 'two')];
    expect(await planLanding(optionsFor(cwd, others))).toMatchObject({ discarded: true, keptBytes: 0 });
    await land(cwd, others);
    expect(await contentsOf(cwd)).toEqual(expectedContents(others));
  });

  it('goes on under a name that the person gave, whether a file or a directory came', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('photos/a', 'a'), file('photos/b', 'b')];
    const output = { output: 'mine' };
    const landing = await open(cwd, items, output);
    await sendOne(landing, items[0]!);
    await landing[Symbol.asyncDispose]();
    expect((await land(cwd, items, output)).names).toEqual(['mine']);
    expect(await contentsOf(cwd)).toEqual({ mine: '(directory)', 'mine/a': 'a', 'mine/b': 'b' });
    await land(cwd, items, output);
    expect(Object.keys(await contentsOf(join(cwd, 'mine', 'photos')))).toEqual(['a', 'b']);
  });

  it('ignores torn and senseless lines of the journal, and cuts them off', async () => {
    const items = [
      directory('d'),
      ...'abcdef'.split('').map((name) => file(`d/${name}`, name.repeat(name === 'c' ? 300_000 : 300))),
    ];
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, items);
    for (const item of items.slice(0, 5)) await sendOne(landing, item);
    await landing[Symbol.asyncDispose]();
    const journal = join(cwd, STAGING, 'journal');
    const whole = await fs.readFile(journal);
    const kept = await fs.mkdtemp(join(cwd, 'kept-'));
    await fs.rename(join(cwd, 'd'), join(kept, 'd'));
    const indexes = new Set<number>();
    for (let step = 0; step <= whole.length + 22; step += 23) {
      const end = Math.min(step, whole.length);
      const at = await temporaryDirectory();
      await fs.cp(join(kept, 'd'), join(at, 'd'), { recursive: true, preserveTimestamps: true });
      await fs.mkdir(join(at, STAGING));
      const isTorn = end % 2 === 0;
      const tail = isTorn ? '\0\0\0' : '\n["file",99,"00",1,1]\n{"x":1}\n["file",\n';
      await fs.writeFile(
        join(at, STAGING, 'journal'),
        Buffer.concat([whole.subarray(0, end), Buffer.from(tail)]),
      );
      // Where even the name is not known to be ours, it counts as somebody else's.
      const isKnown = whole.subarray(0, end).includes('"top"');
      const whenExists =
        isKnown && whole.subarray(0, end).toString().split('\n').length > 2 ? 'refuse' : 'overwrite';
      const again = await open(at, items, { whenExists });
      indexes.add((await again.resumePoint()).index);
      await send(again, items);
      await again.complete();
      expect(await contentsOf(at)).toEqual(expectedContents(items));
    }
    expect([...indexes]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('does not trust a staging directory that others may write to, or that is none', async ({ skip }) => {
    skip(process.platform === 'win32', 'there are no such modes here');
    const cwd = await temporaryDirectory();
    const elsewhere = await temporaryDirectory();
    await fs.mkdir(join(cwd, STAGING));
    await fs.chmod(join(cwd, STAGING), 0o777);
    await fs.symlink(elsewhere, join(cwd, `${STAGING}-2`));
    await fs.writeFile(join(cwd, `${STAGING}-3`), '');
    const landing = await open(cwd, [file('a', 'a')]);
    expect(await fs.readdir(cwd)).toContain(`${STAGING}-4`);
    expect((await fs.stat(join(cwd, `${STAGING}-4`))).mode & 0o777).toBe(0o700);
    await landing[Symbol.asyncDispose]();
    expect(await contentsOf(elsewhere)).toEqual({});
    expect(await fs.readdir(cwd)).not.toContain(`${STAGING}-4`);
  });

  it('knows a large file again that has its name, and that nobody could note down any more', async () => {
    for (const size of [LARGE.length, undefined]) {
      const cwd = await temporaryDirectory();
      const items = [file('large', LARGE, { size })];
      const landing = await open(cwd, items);
      await sendOne(landing, items[0]!);
      await landing[Symbol.asyncDispose]();
      const journal = join(cwd, STAGING, 'journal');
      const lines = (await fs.readFile(journal, 'utf8')).split('\n');
      // Of a stream it is never noted down.
      const wanted = size === undefined ? ['top', 'placing'] : ['top', 'placing', 'file'];
      expect(lines.slice(1, -1).map((line) => (JSON.parse(line) as unknown[])[0])).toEqual(wanted);
      await fs.writeFile(journal, lines.slice(0, 3).join('\n') + '\n');
      const again = await open(cwd, items);
      expect(await again.resumePoint()).toMatchObject({ index: 0, offset: LARGE.length });
      await again.begin(items[0]!.entry, LARGE.length);
      await expect(again.write(Buffer.alloc(1))).rejects.toMatchObject({ code: 'too-much' });
      await again.finish(LARGE.length);
      await again.complete();
      expect(await contentsOf(cwd)).toEqual(expectedContents(items));
    }
  });

  it('can say that all is here once more, until complete() has forgotten it', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('d/a', 'a'), file('d/b', LARGE)];
    const landing = await open(cwd, items);
    await send(landing, items);
    const landed = await landing.verify();
    await landing[Symbol.asyncDispose]();
    const again = await open(cwd, items);
    expect(await again.resumePoint()).toMatchObject({ index: 2, chain: chainOf(items) });
    expect(await again.complete()).toEqual(landed);
    expect(await fs.readdir(cwd)).toEqual(['d']);
  });

  it.each([
    ['has gone', async (at: string) => await fs.rm(at)],
    ['has another size', async (at: string) => await fs.appendFile(at, 'more')],
    ['is a directory', async (at: string) => await fs.rm(at).then(async () => await fs.mkdir(at))],
    ['was in a directory that has gone', async (at: string) => await fs.rm(dirname(at), { recursive: true })],
  ])('does not count what %s since', async (_what, change) => {
    const cwd = await temporaryDirectory();
    const items = [directory('d'), file('d/a', 'a'), file('d/b', LARGE)];
    const landing = await open(cwd, items);
    await send(landing, items);
    await landing.verify();
    await landing[Symbol.asyncDispose]();
    await change(join(cwd, 'd', 'a'));
    const notices: string[] = [];
    const again = await open(cwd, items, { notice: (sentence) => notices.push(sentence) });
    expect(await again.resumePoint()).toMatchObject({ index: 0, offset: 0, bytes: 0 });
    expect(notices).toEqual([expect.stringMatching(/^"d\/a" came before, and is not there any more/)]);
  });

  it('receives again what has gone, and leaves the rest as it is', async () => {
    const cwd = await temporaryDirectory();
    const items = [directory('d'), file('d/a', 'a'), file('d/b', LARGE)];
    const landing = await open(cwd, items);
    await send(landing, items);
    await landing.verify();
    await landing[Symbol.asyncDispose]();
    await fs.rm(join(cwd, 'd', 'a'));
    const { ino } = await fs.stat(join(cwd, 'd', 'b'));
    await land(cwd, items);
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
    expect((await fs.stat(join(cwd, 'd', 'b'))).ino).toBe(ino);
  });

  it('has a whole stream compared that an earlier process received', async () => {
    const cwd = await temporaryDirectory();
    const items = [file('stdin', LARGE, { size: undefined })];
    const landing = await open(cwd, items);
    await send(landing, items);
    await landing.verify();
    await landing[Symbol.asyncDispose]();
    // Whoever sends it again has another time for it.
    const again = [file('stdin', LARGE, { size: undefined, modifiedMs: MODIFIED_MS + 60_000 })];
    const next = await open(cwd, again);
    expect(await next.resumePoint()).toMatchObject({
      index: 0,
      offset: LARGE.length,
      digest: sha256(LARGE),
    });
    await next.begin(again[0]!.entry, LARGE.length);
    await finishLast(next, again[0]!);
    expect(await contentsOf(cwd)).toEqual(expectedContents(again));
  });
});
