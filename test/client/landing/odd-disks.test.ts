import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import nodeFs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildChild } from './child.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  NAMEPLATE,
  open,
  problemOf,
  send,
  temporaryDirectory,
} from './helpers.js';

const ITEMS = [
  directory('d'),
  file('d/large', Buffer.alloc(600_000, 'large')),
  ...Array.from({ length: 5 }, (_, n) => file(`d/small-${n}`, 'small')),
];

afterEach(() => vi.restoreAllMocks());

/** Every fsync says so from here on. */
async function failSync(code: string): Promise<void> {
  const failure = Object.assign(new Error(code), { code });
  const probe = await fs.open(process.execPath);
  const handle = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  vi.spyOn(handle, 'sync').mockRejectedValue(failure);
  vi.spyOn(handle, 'datasync').mockRejectedValue(failure);
  vi.spyOn(nodeFs, 'fsync').mockImplementation((_file, done) => done(failure));
}

describe('a file system whose fsync', () => {
  it.each(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY'])(
    'says %s: it goes on, and says so once',
    async (code) => {
      const cwd = await temporaryDirectory();
      const notices: string[] = [];
      await failSync(code);
      const landing = await open(cwd, ITEMS, { notice: (sentence) => notices.push(sentence) });
      await send(landing, ITEMS);
      await landing.complete();
      expect(await contentsOf(cwd)).toEqual(expectedContents(ITEMS));
      expect(notices).toEqual([expect.stringMatching(/fsync.*power cut/)]);
    },
  );

  it('fails: so does the transfer', async () => {
    const cwd = await temporaryDirectory();
    await failSync('EIO');
    const landing = await open(cwd, ITEMS);
    expect((await problemOf(send(landing, ITEMS))).code).toBe('io');
  });
});

it.runIf(process.platform === 'linux')('EMFILE with many small files: all of them land', async () => {
  const cwd = await temporaryDirectory();
  const program = await buildChild(await temporaryDirectory());
  const items = Array.from({ length: 40 }, (_, n) => [
    { entry: directory(`d/${n}`).entry },
    ...Array.from({ length: 5 }, (_each, at) => ({
      entry: file(`d/${n}/${at}`, Buffer.alloc(10)).entry,
      fill: at,
    })),
  ]).flat();
  const task = {
    cwd,
    nameplate: NAMEPLATE,
    items: [{ entry: directory('d').entry }, ...items],
    chunkBytes: 10,
  };
  const script = 'ulimit -n 40 && exec "$0" "$1" "$2"';
  const said = execFileSync('sh', ['-c', script, process.execPath, program, JSON.stringify(task)], {
    cwd: '/',
  });
  expect(said.toString()).toContain('verified');
  expect(Object.keys(await contentsOf(join(cwd, 'd'))).length).toBe(items.length);
});
