import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QuotaStore } from '../../src/quotas/store.js';
import { eventually } from '../helpers/eventually.js';

let dir: string;
let lines: string[];
const logger = {
  warn: (_fields: object, message: string): void => void lines.push(message),
  info: (_fields: object, message: string): void => void lines.push(message),
};
const clock = { ms: Date.UTC(2026, 10, 21, 12) };
const open = (saveMs = 3_600_000): Promise<QuotaStore> =>
  QuotaStore.open({ dir, wallNow: () => clock.ms, logger, saveMs });
const file = (): string => join(dir, 'quota.json');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'relay-quota-'));
  lines = [];
});
afterEach(() => rm(dir, { recursive: true }));

describe('counts of quotas', () => {
  it('outlive the process, in a file for its user alone', async () => {
    const first = await open();
    first.counts.add('source 192.0.2.1', 700);
    await first.close();
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['quota.json']);
    const second = await open();
    expect(second.counts.used('source 192.0.2.1')).toBe(700);
    second.counts.add('source 192.0.2.1', 1);
    await second.close();
    expect((await open()).counts.used('source 192.0.2.1')).toBe(701);
    expect(lines).toEqual([]);
  });

  it('follow no link that somebody has laid where they are written', async () => {
    const victim = join(dir, 'victim');
    await writeFile(victim, 'mine');
    await symlink(victim, `${file()}.new`);
    const store = await open();
    store.counts.add('a', 1);
    await store.close();
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect((await open()).counts.used('a')).toBe(1);
    expect(lines).toEqual([]);
  });

  it('are saved as time goes by', async () => {
    const store = await open(5);
    store.counts.add('a', 3);
    await eventually(async () => {
      expect(/:3\}/.exec(await readFile(file(), 'utf8'))).not.toBeNull();
    });
    await store.close();
  });

  it('of two relays that share a directory add up, and none is lost', async () => {
    const [one, two] = [await open(), await open()];
    for (let round = 0; round < 10; round += 1) {
      one.counts.add('a', 1);
      two.counts.add('a', 10);
      two.counts.add('b', 5);
      await Promise.all([one.save(), two.save()]);
    }
    one.counts.add('a', 100);
    await Promise.all([one.close(), two.close()]);
    // Each knows of the other what had been saved when it saved last.
    expect((await open()).counts.used('a')).toBe(210);
    expect((await open()).counts.used('b')).toBe(50);
    expect(lines).toEqual([]);
  });

  it('start afresh, with a line of the log, where the file is damaged', async () => {
    await writeFile(file(), '{"version":1,"da');
    const store = await open();
    expect(store.counts.used('a')).toBe(0);
    store.counts.add('a', 1);
    await store.close();
    expect((await open()).counts.used('a')).toBe(1);
    expect(lines).toEqual(['the file of quotas is damaged: what was used up before is forgotten']);
  });

  it('go on where they cannot be saved, with one line of the log, and are saved when they can be', async () => {
    // What cannot be replaced by a file, for root too.
    await rm(dir, { recursive: true });
    await writeFile(dir, 'no directory');
    const store = await open();
    store.counts.add('a', 4);
    await store.save();
    expect(store.counts.used('a')).toBe(4);
    await rm(dir);
    store.counts.add('a', 1);
    await store.close();
    expect((await open()).counts.used('a')).toBe(5);
    expect(lines).toEqual([
      'quotas are not saved: a restart gives senders anew what they used up',
      'quotas are saved again',
    ]);
  });

  it('are not held up by the lock of a process that died', async () => {
    const lock = `${file()}.lock`;
    await writeFile(lock, '');
    const long = new Date(Date.now() - 60_000);
    await utimes(lock, long, long);
    const store = await open();
    store.counts.add('a', 1);
    await store.close();
    expect(lines).toEqual([]);
    expect(await readdir(dir)).toEqual(['quota.json']);
  });

  it('do not survive midnight', async () => {
    const store = await open();
    store.counts.add('a', 1);
    await store.close();
    const today = clock.ms;
    clock.ms += 12 * 3_600_000;
    const next = await open();
    expect(next.counts.used('a')).toBe(0);
    await next.close();
    clock.ms = today;
  });
});

it('leaves an existing directory as it is', async () => {
  await chmod(dir, 0o750);
  await (await open()).close();
  expect((await stat(dir)).mode & 0o777).toBe(0o750);
});
