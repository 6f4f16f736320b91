import { expect, it } from 'vitest';
import { createReload } from '../../../src/cli/server/reload.js';

function setUp() {
  const lines: object[] = [];
  const logger = {
    info: (fields: object, msg: string) => lines.push({ level: 'info', ...fields, msg }),
    error: (fields: object, msg: string) => lines.push({ level: 'error', ...fields, msg }),
  };
  return { lines, reload: createReload(logger) };
}

it('reloads every part, and says so in one line', async () => {
  const { lines, reload } = setUp();
  const read: string[] = [];
  reload.add('certificate', () => void read.push('certificate'));
  reload.add('senders', async () => {
    await Promise.resolve();
    read.push('senders');
  });
  expect(await reload.run()).toEqual([{ name: 'certificate' }, { name: 'senders' }]);
  expect(read).toEqual(['certificate', 'senders']);
  expect(lines).toEqual([{ level: 'info', parts: ['certificate', 'senders'], msg: 'reloaded' }]);
});

it('a part that fails keeps nobody else from it, and has one line that says why', async () => {
  const { lines, reload } = setUp();
  reload.add('certificate', () => Promise.reject(new Error('no such file')));
  reload.add('senders', () => undefined);
  expect(await reload.run()).toEqual([{ name: 'certificate', problem: 'no such file' }, { name: 'senders' }]);
  expect(lines).toEqual([
    { level: 'error', part: 'certificate', problem: 'no such file', msg: 'not reloaded: it stays as it was' },
    { level: 'info', parts: ['senders'], msg: 'reloaded' },
  ]);
});

it('says nothing of success where nothing was reloaded, and answers where there is nothing', async () => {
  const failing = setUp();
  failing.reload.add('senders', () => {
    throw new Error('broken');
  });
  await failing.reload.run();
  expect(failing.lines).toHaveLength(1);
  const empty = setUp();
  await empty.reload.run();
  expect(empty.lines).toEqual([{ level: 'info', parts: [], msg: 'reloaded' }]);
});

it('runs one after another, so that the newest reading is the last', async () => {
  const { reload } = setUp();
  const told: string[] = [];
  let go: () => void = () => undefined;
  let count = 0;
  reload.add('senders', async () => {
    const run = (count += 1);
    told.push(`begin ${run}`);
    if (run === 1) await new Promise<void>((resolve) => (go = resolve));
    told.push(`end ${run}`);
  });
  const runs = [reload.run(), reload.run()];
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['begin 1']);
  go();
  await Promise.all(runs);
  expect(told).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});
