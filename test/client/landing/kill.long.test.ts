import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildChild, startChild } from './child.js';
import { contentsOf, directory, file, NAMEPLATE, temporaryDirectory, type Item } from './helpers.js';

/** What a file consists of. */
const fillOf = (item: Item, index: number) => (item.bytes === undefined ? undefined : 1 + (index % 255));

const withFills = (items: readonly Item[]) =>
  items.map((item, index) => ({ entry: item.entry, fill: fillOf(item, index) }));

function expectedOf(items: readonly Item[]): Map<string, string> {
  return new Map(
    items.map((item, index) => [
      item.entry.path,
      item.bytes === undefined
        ? '(directory)'
        : Buffer.alloc(item.entry.size ?? 0, fillOf(item, index)).toString('latin1'),
    ]),
  );
}

/** Everything under a final name is whole. */
async function checkWhole(cwd: string, expected: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(await contentsOf(cwd))) {
    if (path.startsWith('.relay-receive-')) continue;
    expect(content === expected.get(path), `${path} is not whole`).toBe(true);
  }
}

async function checkAll(cwd: string, expected: ReadonlyMap<string, string>): Promise<void> {
  await checkWhole(cwd, expected);
  expect(Object.keys(await contentsOf(cwd)).sort()).toEqual([...expected.keys()].sort());
}

describe('a receiver that is killed', () => {
  it('goes on from before any of its calls to the file system', async () => {
    const program = await buildChild(await temporaryDirectory());
    const items = [
      file('top', Buffer.alloc(1000)),
      directory('d'),
      file('d/small', Buffer.alloc(3000)),
      directory('d/e'),
      file('d/e/large', Buffer.alloc(300_000)),
      file('d/z', Buffer.alloc(10)),
      file('large', Buffer.alloc(300_000)),
    ];
    const expected = expectedOf(items);
    const task = { nameplate: NAMEPLATE, items: withFills(items), chunkBytes: 100_000 };
    const count = await startChild(program, { ...task, cwd: await temporaryDirectory() }).ended;
    const calls = Number(/verified ([0-9]+)/.exec(count.stdout)?.[1]);
    expect(calls).toBeGreaterThan(50);

    const atOnce = 4;
    const check = async (die: number) => {
      const cwd = await temporaryDirectory();
      const killed = await startChild(program, { ...task, cwd, die }).ended;
      expect(killed.code, `call ${die}: ${killed.stderr}`).toBeNull();
      await checkWhole(cwd, expected);
      const again = await startChild(program, { ...task, cwd }).ended;
      expect(again, `call ${die}`).toMatchObject({ code: 0, stderr: '' });
      await checkAll(cwd, expected);
    };
    for (let die = 1; die <= calls; die += atOnce)
      await Promise.all(Array.from({ length: Math.min(atOnce, calls - die + 1) }, (_, n) => check(die + n)));
  }, 180_000);

  it('ends in the same files, however often and whenever it happens', async () => {
    const program = await buildChild(await temporaryDirectory());
    const items = [directory('tree')];
    for (let n = 0; n < 300; n += 1) {
      if (n % 50 === 0) items.push(directory(`tree/${n}`));
      if (n % 100 === 60) items.push(file(`tree/large ${n}`, Buffer.alloc(6_000_000)));
      items.push(file(`tree/${n - (n % 50)}/${n}`, Buffer.alloc(n * 400)));
    }
    items.push(file('last', Buffer.alloc(2_000_000)));
    const expected = expectedOf(items);
    const cwd = await temporaryDirectory();
    const task = { cwd, nameplate: NAMEPLATE, items: withFills(items), chunkBytes: 20_000 };
    // Then it may finish, on a machine where it would take too long.
    const enough = 30;
    let kills = 0;
    let furthest = -1;
    for (;;) {
      const run = startChild(program, task);
      await run.ready;
      const lastsMs = kills < enough ? 5 + Math.random() * 60 : 60_000;
      const timer = setTimeout(() => run.child.kill('SIGKILL'), lastsMs);
      const { code, stdout, stderr } = await run.ended;
      clearTimeout(timer);
      expect(stderr).toBe('');
      const at = Number(/at ([0-9]+) /.exec(stdout)?.[1] ?? furthest);
      expect(at).toBeGreaterThanOrEqual(furthest);
      furthest = at;
      // From here on nothing is there that could be gone on with, nor needs to be.
      if (code === 0 || stdout.includes('verified')) break;
      expect(code).toBeNull();
      kills += 1;
      await checkWhole(cwd, expected);
      expect((await fs.readdir(cwd)).filter((name) => name.startsWith('.')).length).toBeLessThanOrEqual(1);
    }
    console.log(`killed ${kills} times`);
    await fs.rm(join(cwd, `.relay-receive-${NAMEPLATE}`), { recursive: true, force: true });
    await checkAll(cwd, expected);
    expect(Math.floor((await fs.stat(join(cwd, 'tree'))).mtimeMs)).toBe(items[0]?.entry.modifiedMs);
  }, 180_000);
});
