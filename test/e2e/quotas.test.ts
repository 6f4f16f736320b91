import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { noise } from '../helpers/flow.js';
import { RelayProcess } from '../helpers/process.js';

const REFUSAL = 'Daily quota used up. It starts afresh at 00:00 UTC.\n';
const IN_MEMORY = 'quotas are kept in memory only: set --state-dir to keep them over a restart';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'relay-quotas-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** How many bytes come through before the relay ends it. */
async function send(relay: RelayProcess, bytes: number): Promise<number> {
  using receiver = await Client.connect(relay.port, { line: 'q:receiver:wait\n' });
  using sender = await Client.connect(relay.port, { line: 'q:sender\n' });
  sender.end(noise(bytes));
  return (await receiver.untilEnd()).length - 'DISCONNECT\n'.length;
}

async function ask(relay: RelayProcess): Promise<string> {
  using sender = await Client.connect(relay.port, { line: 'q:sender\n' });
  return await sender.untilEnd();
}

it('a quota that is used up in part counts on after a restart', async () => {
  await using first = await RelayProcess.start(['--daily-quota', '100kB', '--state-dir', dir]);
  expect(await send(first, 60_000)).toBe(60_000);
  first.kill('SIGTERM');
  expect(await first.exited()).toBe(0);
  // As systemd says where; the variable may name several.
  await using second = await RelayProcess.start(['--daily-quota', '100kB'], {
    STATE_DIRECTORY: `${dir}:/nowhere`,
  });
  expect(await send(second, 60_000)).toBe(40_000);
  expect(await ask(second)).toBe(REFUSAL);
  second.kill('SIGTERM');
  expect(await second.exited()).toBe(0);
  expect(await readFile(join(dir, 'quota.json'), 'latin1')).not.toContain('127.0.0.1');
});

it('two relays on one directory lose nothing of each other', async () => {
  const args = ['--daily-quota', '1MB', '--state-dir', dir];
  await using old = await RelayProcess.start(args);
  await using next = await RelayProcess.start(args);
  await Promise.all([send(old, 300_000), send(next, 400_000)]);
  for (const relay of [old, next]) relay.kill('SIGTERM');
  expect([await old.exited(), await next.exited()]).toEqual([0, 0]);
  await using last = await RelayProcess.start(args);
  expect(await send(last, 400_000)).toBe(300_000);
  last.kill('SIGTERM');
  await last.exited();
});

it('without a place for them, quotas are kept in memory, and the log says so', async () => {
  await using relay = await RelayProcess.start(['--daily-quota', '1kB'], { STATE_DIRECTORY: '' });
  expect(relay.lines.filter(({ msg }) => msg === IN_MEMORY)).toHaveLength(1);
  expect(await send(relay, 2_000)).toBe(1_000);
  expect(await ask(relay)).toBe(REFUSAL);
  relay.kill('SIGTERM');
  await relay.exited();
});
