import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { OwnProcess } from '../helpers/own-process.js';
import { HAS_PROC, cpuSeconds, rssMiB } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';
import { comeAndGo } from './crowd.js';
import { LIMITS_OFF } from './limits-off.js';
import { UnderWay } from './under-way.js';

const BIN = fileURLToPath(new URL('../../bin/relay-server.js', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;

/** A relay whose standard output is a file; it cannot say in it where it listens. */
class LoggingToFile extends OwnProcess {
  readonly port: number;

  private constructor(port: number, stdout: number) {
    const args = ['--port', `${port}`, '--host', '127.0.0.1', ...LIMITS_OFF];
    super([process.execPath, BIN, ...args], { stdio: ['ignore', stdout, 'pipe'] });
    this.port = port;
  }

  static async start(file: string): Promise<LoggingToFile> {
    const stdout = openSync(file, 'a');
    const relay = new LoggingToFile(await freePort(), stdout);
    closeSync(stdout);
    await eventually(async () => (await Client.connect(relay.port))[Symbol.dispose](), 30_000);
    return relay;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function expectCleanEnd(relay: OwnProcess): Promise<void> {
  relay.kill('SIGTERM');
  expect(await relay.exited()).toBe(0);
  expect(relay.stderr).toBe('');
}

it.runIf(HAS_PROC)('a device that is always full takes no line, and transfers go on', async () => {
  await using relay = await LoggingToFile.start('/dev/full');
  using transfer = await UnderWay.begin(relay.port, 'full-device');
  await comeAndGo(relay.port, 300);
  await transfer.untilMore();
  await transfer.expectWhole();
  await expectCleanEnd(relay);
});

it.runIf(HAS_PROC && IS_ROOT)(
  'a full disk under the log: transfers go on, and lines come again when there is room',
  async ({ skip }) => {
    const disk = await mkdtemp(join(tmpdir(), 'relay-small-disk-'));
    try {
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]);
      if (mounted.status !== 0) skip('no tmpfs can be mounted here');
      await writeFile(join(disk, 'filler'), Buffer.alloc(64 * 1024));
      const file = join(disk, 'log');
      await using relay = await LoggingToFile.start(file);
      using transfer = await UnderWay.begin(relay.port, 'full-disk');
      // Twice what there is room for.
      await comeAndGo(relay.port, 500);
      const full = (await readFile(file)).length;
      expect(full).toBeLessThanOrEqual(64 * 1024);
      await transfer.untilMore();
      await rm(join(disk, 'filler'));
      await comeAndGo(relay.port, 20);
      await eventually(async () => expect((await readFile(file)).length).toBeGreaterThan(full));
      await transfer.expectWhole();
      await expectCleanEnd(relay);
      expect(await readFile(file, 'utf8')).toMatch(/"stopped"\}\n$/);
    } finally {
      spawnSync('umount', [disk]);
      await rmdir(disk);
    }
  },
);

it('a closed standard output (EPIPE): transfers go on, and it ends in order', async () => {
  await using relay = await RelayProcess.start(LIMITS_OFF);
  const { port } = relay;
  using transfer = await UnderWay.begin(port, 'no-reader');
  relay.child.stdout?.destroy();
  await comeAndGo(port, 300);
  await transfer.untilMore();
  await transfer.expectWhole();
  await expectCleanEnd(relay);
});

it.runIf(HAS_PROC)(
  'a reader of its output that stops: memory is bounded, and the reader is told what it missed',
  async () => {
    await using relay = await RelayProcess.start(LIMITS_OFF);
    const { port } = relay;
    using transfer = await UnderWay.begin(port, 'lazy-reader');
    relay.child.stdout?.pause();
    // A pipe and the relay's own buffer hold some 4,500 lines.
    await comeAndGo(port, 6_000);
    const before = rssMiB(relay.pid);
    await comeAndGo(port, 6_000);
    expect(rssMiB(relay.pid) - before).toBeLessThan(32);
    const cpu = cpuSeconds(relay.pid);
    await transfer.untilMore();
    expect(cpuSeconds(relay.pid) - cpu).toBeLessThan(2);
    relay.child.stdout?.resume();
    expect((await relay.untilLogged('log lines dropped'))['lines']).toBeGreaterThan(1_000);
    await transfer.expectWhole();
    await expectCleanEnd(relay);
  },
);
