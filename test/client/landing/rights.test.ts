import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startRelay } from '../../helpers/relay.js';
import { scratch, startReceiving, startSending } from '../../helpers/transfer.js';
import {
  directory,
  file,
  type Item,
  land,
  open,
  send,
  sendFirst,
  sendOne,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const isPosix = process.platform !== 'win32';
/** Larger than what is held in memory, and smaller. */
const SIZES = [600_000, 10];

const withMode = (item: Item, mode: number | undefined): Item => ({
  ...item,
  entry: { ...item.entry, mode },
});
const modeAt = async (...path: string[]): Promise<string> =>
  ((await fs.stat(join(...path))).mode & 0o7777).toString(8);

/** What a new file or directory gets here of all rights. */
async function maskHere(): Promise<number> {
  const path = join(await temporaryDirectory(), 'd');
  await fs.mkdir(path, 0o777);
  return (await fs.stat(path)).mode & 0o777;
}

describe.runIf(isPosix)('rights', () => {
  it('are those of the sender, as far as the umask goes', async () => {
    const mask = await maskHere();
    const modes = [0o600, 0o700, 0o644, 0o755, 0o666, 0o777, 0o640, 0o440, 0o400];
    const cwd = await temporaryDirectory();
    const items = [
      withMode(directory('d'), 0o700),
      ...modes.flatMap((mode) => [
        ...SIZES.map((size) => withMode(file(`d/${mode.toString(8)}-${size}`, Buffer.alloc(size)), mode)),
      ]),
      ...[0o700, 0o755, 0o777, 0o750, 0o555].flatMap((mode) => [
        withMode(directory(`d/${mode.toString(8)}`), mode),
        withMode(file(`d/${mode.toString(8)}/in`, ''), 0o600),
      ]),
    ];
    await land(cwd, items);
    for (const { entry } of items)
      expect(`${entry.path} ${await modeAt(cwd, entry.path)}`).toBe(
        `${entry.path} ${(entry.mode! & mask).toString(8)}`,
      );
    await fs.chmod(join(cwd, 'd/555'), 0o755);
  });

  it('that nobody said are those of any new file', async () => {
    const cwd = await temporaryDirectory();
    await land(cwd, [directory('d'), file('d/a', 'a'), file('d/x', 'x', { executable: true })]);
    const mask = await maskHere();
    expect(await modeAt(cwd, 'd')).toBe((0o755 & mask).toString(8));
    expect(await modeAt(cwd, 'd/a')).toBe((0o644 & mask).toString(8));
    expect(await modeAt(cwd, 'd/x')).toBe((0o755 & mask).toString(8));
  });

  it('setuid, setgid and sticky never arrive', async () => {
    const cwd = await temporaryDirectory();
    const items = [
      withMode(directory('d'), 0o7755),
      ...SIZES.map((size) => withMode(file(`d/${size}`, Buffer.alloc(size)), 0o7755)),
    ];
    await land(cwd, items);
    for (const { entry } of items) expect(await modeAt(cwd, entry.path)).toBe('755');
  });

  it('of others are none while something is under way, whatever the staging directory had', async () => {
    const cwd = await temporaryDirectory();
    await fs.mkdir(join(cwd, STAGING), 0o755);
    const item = withMode(file('key', Buffer.alloc(600_000)), 0o600);
    const landing = await open(cwd, [item]);
    await sendFirst(landing, item, 500_000);
    expect(await modeAt(cwd, STAGING)).toBe('700');
    expect(await modeAt(cwd, STAGING, 'partial')).toBe('600');
  });

  it('outlive a process: of a file that only its owner reads, and of a directory that nobody changes', async () => {
    const cwd = await temporaryDirectory();
    const items = [
      withMode(directory('d'), 0o500),
      withMode(file('d/large', Buffer.alloc(600_000)), 0o400),
      withMode(file('d/small', ''), 0o400),
    ];
    const first = await open(cwd, items);
    await sendOne(first, items[0]!);
    await sendFirst(first, items[1]!, 500_000);
    await first[Symbol.asyncDispose]();
    const second = await open(cwd, items);
    expect(await second.resumePoint()).toMatchObject({ index: 1, offset: 500_000 });
    await send(second, items);
    await second.complete();
    expect([await modeAt(cwd, 'd'), await modeAt(cwd, 'd/large'), await modeAt(cwd, 'd/small')]).toEqual([
      '500',
      '400',
      '400',
    ]);
    await fs.chmod(join(cwd, 'd'), 0o700);
  });

  it('of a directory that was there before stay as they are', async () => {
    const cwd = await temporaryDirectory();
    await fs.mkdir(join(cwd, 'd'));
    await fs.chmod(join(cwd, 'd'), 0o750);
    await land(cwd, [withMode(directory('d'), 0o700), file('d/a', '')], { whenExists: 'overwrite' });
    expect(await modeAt(cwd, 'd')).toBe('750');
  });

  it('go from one tool to the other', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    const path = join(from.path, 'ssh');
    await fs.mkdir(path, 0o700);
    for (const [name, mode] of [
      ['key', 0o600],
      ['run', 0o700],
      ['suid', 0o4755],
      ['shown', 0o644],
    ] as const) {
      await fs.writeFile(join(path, name), name);
      await fs.chmod(join(path, name), mode);
    }
    const sending = startSending(relay.port, {
      source: { kind: 'paths', paths: [path] },
      code: '7301-olive-basic',
    });
    await sending.until('waiting');
    await Promise.all([startReceiving(relay.port, '7301-olive-basic', to.path).done, sending.done]);
    const modes = ['', 'key', 'run', 'suid', 'shown'].map((name) => modeAt(to.path, 'ssh', name));
    expect(await Promise.all(modes)).toEqual(['700', '600', '700', '755', '644']);
  });
});
