import { rename } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { startRelay } from '../helpers/relay.js';
import { Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

vi.setConfig({ testTimeout: 60_000 });

it('of 30 files one is gone: the rest arrives, both sides name it, exit 1; mended and run again, exit 0', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  const files = Array.from({ length: 30 }, (_, n) => [`d/f${n}`, `file ${n}`]);
  await plant(from.path, Object.fromEntries(files) as Record<string, string>);
  const env = { RELAY_ADDRESS: `127.0.0.1:${relay.port}`, RELAY_CODE: '7403-olive-basic' };
  const [gone, away] = [`${from.path}/d/f10`, `${from.path}/away`];
  const run = async (json: readonly string[], isGone: boolean) => {
    await using sender = new Tool('relay-send', [...json, `${from.path}/d`], { env });
    await sender.code();
    if (isGone) await rename(gone, away);
    await using receiver = new Tool('relay-receive', [...json, '--yes', '--output', `${to.path}/`], { env });
    const exits = [await sender.exited(), await receiver.exited()];
    if (isGone) await rename(away, gone);
    return { exits, sender, receiver };
  };

  const first = await run([], true);
  expect(first.exits).toEqual([1, 1]);
  for (const { stderr } of [first.sender, first.receiver]) expect(stderr).toContain('d/f10');
  expect((await tree(`${to.path}/d`)).length).toBe(29);

  const second = await run(['--json'], true);
  expect(second.exits).toEqual([1, 1]);
  const failed = { count: 1, files: 1, named: [{ path: 'd/f10', why: 'gone' }] };
  for (const { events } of [second.sender, second.receiver]) {
    expect(events.find(({ event }) => event === 'done')).toMatchObject({ files: 29, failed });
    expect(events.at(-1)).toMatchObject({ event: 'error', code: 'source' });
  }

  const third = await run([], false);
  expect(third.exits).toEqual([0, 0]);
  expect(await tree(to.path)).toEqual(await tree(from.path));
});
