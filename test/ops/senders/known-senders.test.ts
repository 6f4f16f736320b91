import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendSender } from '../../../src/ops/senders/append-sender.js';
import { formatSender } from '../../../src/ops/senders/senders-file.js';
import { loadSenders } from '../../../src/ops/senders/known-senders.js';
import { scratch } from '../../helpers/transfer.js';

describe('loadSenders', () => {
  it('knows whose token it is, and after a reload what the file says then', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await writeFile(file, `${formatSender('ada', 'A')}\n`);
    const senders = await loadSenders(file);
    const told = ['A', 'B', ''].map((token) => senders.authorize(token));
    expect(told).toEqual(['ada', undefined, undefined]);
    await writeFile(file, `${formatSender('bob', 'B')}\n`);
    expect(senders.authorize('B')).toBeUndefined();
    await senders.reload();
    expect([senders.authorize('A'), senders.authorize('B')]).toEqual([undefined, 'bob']);
    expect([...senders.names]).toEqual(['bob']);
  });

  it.each(['', 'nonsense\n'])('keeps what it had where the file has become %j', async (text) => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await writeFile(file, formatSender('ada', 'A'));
    const senders = await loadSenders(file);
    await writeFile(file, text);
    await expect(senders.reload()).rejects.toThrow(file);
    expect(senders.authorize('A')).toBe('ada');
  });

  it('says of a file that it cannot read which it is, and why', async () => {
    await using at = await scratch();
    await expect(loadSenders(join(at.path, 'missing'))).rejects.toThrow(
      'missing" cannot be used: there is no',
    );
    await expect(loadSenders(at.path)).rejects.toThrow('cannot be used: it is a directory.');
  });
});

describe('appendSender', () => {
  it('makes the file, for its owner alone, and adds to it', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await appendSender(file, 'ada', 'A');
    await appendSender(file, 'bob', 'B');
    expect(await readFile(file, 'utf8')).toBe(`${formatSender('ada', 'A')}\n${formatSender('bob', 'B')}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(at.path)).toEqual(['senders']);
  });

  it('keeps what is there, comments and rights too, and begins a line of its own', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    const before = `# ours\n${formatSender('ada', 'A')}`;
    await writeFile(file, before);
    await chmod(file, 0o644);
    await appendSender(file, 'bob', 'B');
    expect(await readFile(file, 'utf8')).toBe(`${before}\n${formatSender('bob', 'B')}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });

  it('replaces what a link leads to, and not the link', async () => {
    await using at = await scratch();
    const file = join(at.path, 'real', 'senders');
    await mkdir(join(at.path, 'real'));
    await writeFile(file, '');
    await symlink(file, join(at.path, 'link'));
    await appendSender(join(at.path, 'link'), 'ada', 'A');
    expect(await readFile(file, 'utf8')).toContain('ada:');
    expect((await loadSenders(join(at.path, 'link'))).authorize('A')).toBe('ada');
  });

  it.each([
    ['a name that it has', '# x\nada:sha256$...', 'ada is in line 2'],
    ['a broken file', 'nonsense\n', 'line 1 is not name:hash'],
  ])('changes nothing where there is %s', async (_what, text, problem) => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await writeFile(file, text);
    await expect(appendSender(file, 'ada', 'A')).rejects.toThrow(problem);
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(await readdir(at.path)).toEqual(['senders']);
  });

  it('loses nobody where several add at once: the others are told', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    const names = Array.from({ length: 8 }, (_, n) => `sender-${n}`);
    const ends = await Promise.allSettled(names.map((name) => appendSender(file, name, `of ${name}`)));
    const added = names.filter((_, n) => ends[n]?.status === 'fulfilled');
    expect([...(await loadSenders(file)).names].sort()).toEqual(added.sort());
    for (const end of ends) {
      if (end.status === 'rejected')
        expect(end.reason).toHaveProperty('message', expect.stringMatching(/adding to it now/));
    }
    expect(await readdir(at.path)).toEqual(['senders']);
  });
});
