import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Landing, LandingOptions } from '../../../src/client/landing/landing.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  type Item,
  offerOf,
  open,
  problemOf,
  send,
  sendOne,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const ROUNDS = 20;

/** What a transfer has on the disk: the one that is under way too, its journal not. */
async function amountIn(cwd: string): Promise<{ entries: number; bytes: number }> {
  const journal = `${STAGING}/`;
  const found = Object.entries(await contentsOf(cwd)).filter(
    ([path]) => path !== STAGING && (!path.startsWith(journal) || path.endsWith('/partial')),
  );
  const isFile = (content: string) => content !== '(directory)';
  return {
    entries: found.length,
    bytes: found.reduce((sum, [, content]) => sum + (isFile(content) ? content.length : 0), 0),
  };
}

/** The same, another process, or one that comes back under the same offer: whatever goes on. */
type GoOn = (landing: Landing, again: () => Promise<Landing>) => Promise<Landing>;

const WAYS: Record<string, GoOn> = {
  'within one process': (landing) => Promise.resolve(landing),
  'from one process to the next': async (landing, again) => {
    await landing[Symbol.asyncDispose]();
    return again();
  },
};

/** Starts over with other things each time, until that fails; then it is over, and gone from memory. */
async function startOver(
  cwd: string,
  goOn: GoOn,
  options: Partial<LandingOptions>,
  round: (n: number) => readonly Item[],
): Promise<void> {
  const again = () => open(cwd, [], options);
  let landing = await again();
  try {
    for (let n = 0; n < ROUNDS; n += 1) {
      for (const item of round(n)) await sendOne(landing, item);
      landing = await goOn(landing, again);
      await landing.restart();
    }
  } finally {
    await landing[Symbol.asyncDispose]();
  }
}

describe.each(Object.entries(WAYS))('a sender that starts over, %s', (_way, goOn) => {
  it.each([
    ['large files', 400_000],
    ['small files', 40_000],
  ])('has no more bytes on the disk than it offered: %s', async (_what, size) => {
    const cwd = await temporaryDirectory();
    const offer = { kind: 'files', names: ['d'], entries: 1000, bytes: 2 * size } as const;
    const round = (n: number) => [file(`d/${n}`, Buffer.alloc(size, n))];
    expect((await problemOf(startOver(cwd, goOn, { offer }, round))).code).toBe('too-much');
    expect((await amountIn(cwd)).bytes).toBe(2 * size);
  });

  it('has no more entries there than it offered', async () => {
    const cwd = await temporaryDirectory();
    const offer = { kind: 'files', names: ['d'], entries: 6, bytes: 0 } as const;
    const round = (n: number) => [directory('d'), directory(`d/${n}`), file(`d/${n}/f`, '')];
    expect((await problemOf(startOver(cwd, goOn, { offer }, round))).code).toBe('too-much');
    expect((await amountIn(cwd)).entries).toBeLessThanOrEqual(6);
  });

  it('cannot have another name for what it changed, and both on the disk', async () => {
    for (const size of [400_000, 10]) {
      const cwd = await temporaryDirectory();
      const options = {
        offer: { kind: 'files', names: ['f'], entries: 1, bytes: size },
        whenExists: 'rename',
      } as const;
      const round = (n: number) => [file('f', Buffer.alloc(size, n))];
      // A small one is refused when it is its turn to get its name: nobody may be there any more to be told.
      await startOver(cwd, goOn, options, round).catch(() => undefined);
      expect(Object.keys(await contentsOf(cwd)).filter((path) => !path.startsWith(STAGING))).toEqual(['f']);
    }
  });
});

it('directories on the way to an entry count', async () => {
  const cwd = await temporaryDirectory();
  const landing = await open(cwd, [], { offer: { kind: 'files', names: ['d'], entries: 4, bytes: 0 } });
  await sendOne(landing, file('d/1/2/3', ''));
  expect((await problemOf(sendOne(landing, file('d/4/5', '')))).code).toBe('too-much');
  await landing[Symbol.asyncDispose]();
  expect((await amountIn(cwd)).entries).toBe(4);
  // One of them comes itself.
  const second = await open(cwd, [], { offer: { kind: 'files', names: ['d'], entries: 4, bytes: 0 } });
  await sendOne(second, directory('d/1'));
  await sendOne(second, file('d/1/6', ''));
  expect((await problemOf(sendOne(second, file('d/1/7', '')))).code).toBe('too-much');
});

describe('an honest sender that starts over', () => {
  const before = [
    directory('d'),
    file('d/a', Buffer.alloc(400_000, 'a')),
    file('d/b', 'b'),
    file('d/c', 'c'),
  ];

  it.each(Object.entries(WAYS))('with the same, %s: all of it is there once', async (_way, goOn) => {
    const cwd = await temporaryDirectory();
    let landing = await open(cwd, before);
    for (let n = 0; n < 3; n += 1) {
      for (const item of before.slice(0, 3)) await sendOne(landing, item);
      landing = await goOn(landing, () => open(cwd, before));
      await landing.restart();
    }
    await send(landing, before);
    expect(await landing.complete()).toMatchObject({ files: 3 });
    expect(await contentsOf(cwd)).toEqual(expectedContents(before));
  });

  it.each(Object.entries(WAYS))(
    'with what has changed, %s: it is replaced where that was asked for',
    async (_way, goOn) => {
      const cwd = await temporaryDirectory();
      const whenExists = 'overwrite' as const;
      let landing = await open(cwd, before, { whenExists });
      for (const item of before.slice(0, 3)) await sendOne(landing, item);
      const after = [before[0]!, file('d/a', Buffer.alloc(400_000, 'A')), file('d/b', 'B'), before[3]!];
      landing = await goOn(landing, () => open(cwd, before, { whenExists }));
      await landing.restart();
      await send(landing, after);
      await landing.complete();
      expect(await contentsOf(cwd)).toEqual(expectedContents(after));
    },
  );

  it('with a file that has another name now: says why it is too much', async () => {
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, before, { offer: { ...offerOf(before), bytes: undefined } });
    for (const item of before) await sendOne(landing, item);
    await landing.restart();
    for (const item of before.slice(0, 3)) await sendOne(landing, item);
    const problem = await problemOf(sendOne(landing, file('d/z', 'c')));
    expect(problem.message).toMatch(/counting what had landed before it started over.* new code/);
    await expect(fs.lstat(join(cwd, 'd/z'))).rejects.toThrow();
  });
});
