import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { OwnProcess } from '../helpers/own-process.js';
import { RelayProcess } from '../helpers/process.js';
import { UpgradingRelay } from '../helpers/upgrading.js';

const BIN = fileURLToPath(new URL('../../bin/relay-server.js', import.meta.url));

/** A directory with a `systemd-notify` that writes down what it is told. */
async function fakeNotify() {
  const folder = await mkdtemp(join(tmpdir(), 'relay-notify-'));
  const file = join(folder, 'said');
  await writeFile(file, '');
  const program = join(folder, 'systemd-notify');
  // The first that is to say so is stopped along with the relay.
  const stopped = `case "$1" in STOPPING*) mkdir '${folder}/stopping' 2>/dev/null && kill -TERM $$;; esac`;
  await writeFile(program, `#!/bin/sh\n${stopped}\necho "$* by $PPID" >> '${file}'\n`);
  await chmod(program, 0o755);
  const env = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '600000',
  };
  return {
    env,
    said: async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

describe.concurrent('under a service manager', () => {
  it('says when it is ready, that it lives, and that it stops', async () => {
    await using notify = await fakeNotify();
    await using relay = await RelayProcess.start(['--shutdown-grace', '5s'], notify.env);
    await eventually(async () => {
      const said = await notify.said();
      expect(said[0]).toBe(`READY=1 MAINPID=${relay.pid} STATUS=0 rooms, 0 paired, 0 B/s by ${relay.pid}`);
      expect(said[1]).toMatch(/^WATCHDOG=1 STATUS=/);
    });
    relay.kill('SIGTERM');
    expect(await relay.exited()).toBe(0);
    expect((await notify.said()).at(-1)).toMatch(
      /^STOPPING=1 EXTEND_TIMEOUT_USEC=15000000 STATUS=Stopping\. /,
    );
    expect(relay.lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  it('after an upgrade, the successor is the main process, and the one that lives', async () => {
    await using notify = await fakeNotify();
    await using relay = await UpgradingRelay.start([], undefined, notify.env);
    await relay.upgrade();
    await eventually(async () => {
      const said = await notify.said();
      const ready = said.findIndex((line) => line.startsWith(`READY=1 MAINPID=${relay.pid} `));
      expect(ready).toBeGreaterThan(0);
      expect(said.slice(ready + 1).join('\n')).toMatch(/^WATCHDOG=1 /m);
    });
    await relay.untilGone(relay.pids[0]!);
    // The old one waits until that is known: the service manager ends a service whose main process ends.
    expect(await notify.said()).toContain(`MAINPID=${relay.pid} by ${relay.pids[0]}`);
    // Or the service manager would take the whole service for stopping.
    expect((await notify.said()).join('\n')).not.toContain('STOPPING');
  });

  it.skipIf(process.platform !== 'linux')(
    'a successor is no child of the old process, while that is there',
    async () => {
      await using relay = await UpgradingRelay.start();
      using sender = await Client.connect(relay.port, { line: 'code:sender\n' });
      using receiver = await Client.connect(relay.port, { line: 'code:receiver:wait:status\n' });
      await receiver.untilText('PAIRED');
      await relay.upgrade();
      const [old] = relay.pids;
      expect([relay.isAlive(old!), sender.closed]).toEqual([true, false]);
      const status = await readFile(`/proc/${relay.pid}/status`, 'utf8');
      expect(Number(/^PPid:\t(\d+)$/m.exec(status)?.[1])).not.toBe(old);
    },
  );

  it('without systemd-notify, it says so once and serves', async () => {
    const env = { NOTIFY_SOCKET: '/run/systemd/notify', PATH: '/nowhere' };
    await using relay = await RelayProcess.start([], env);
    const line = await relay.untilLogged(
      'the service manager cannot be told anything: there is no systemd-notify on the PATH',
    );
    expect(line['level']).toBe(40);
    using client = await Client.connect(relay.port, { line: 'code:sender:status\n' });
    await client.untilText('WAITING');
  });
});

describe.concurrent('socket activation', () => {
  it('serves on the socket that it is given, whatever port it is set to', async () => {
    const given = await listening();
    await using relay = new Activated(given.fd, '1', ['--port', '1']);
    // The relay has it now, and alone takes what comes.
    await given.close();
    using client = await Client.connect(given.port, { line: 'code:sender:status\n' });
    await client.untilText('WAITING');
    await eventually(() => expect(relay.stdout).toContain(`"port":${given.port},`));
  });

  it('takes one socket, and says so where there are more', async () => {
    const given = await listening();
    await using relay = new Activated(given.fd, '2');
    await given.close();
    expect(await relay.exited()).toBe(1);
    expect(relay.stderr).toBe(
      'relay-server: the service manager passed 2 sockets, and one is expected. Keep one ListenStream=.\n',
    );
  });

  const tool = 'systemd-socket-activate';
  const isHere = spawnSync(tool, ['--version']).error === undefined;
  if (!isHere) console.log(`Socket activation is not tried with ${tool}: it is not here.`);
  it.skipIf(!isHere)(`with ${tool}`, async () => {
    const port = await freePort();
    const command = [tool, '-l', `127.0.0.1:${port}`, process.execPath, BIN, '--port', '1'];
    await using activator = new OwnProcess(command, { stdio: ['ignore', 'ignore', 'ignore'] });
    // The relay starts with the first connection.
    using sender = await eventually(() => Client.connect(port, { line: 'code:sender\nhello' }));
    using receiver = await Client.connect(port, { line: 'code:receiver:wait\n' });
    await receiver.untilText('hello');
    expect([sender.closed, activator.child.exitCode]).toEqual([false, null]);
  });
});

/** A relay that finds a listening socket among its open files, as a service manager leaves it there. */
class Activated extends OwnProcess {
  stdout = '';

  constructor(fd: number, count: string, args: readonly string[] = []) {
    const script = 'LISTEN_PID=$$ exec "$@"';
    super(['sh', '-c', script, 'sh', process.execPath, BIN, ...args], {
      env: { ...process.env, LISTEN_FDS: count },
      stdio: ['ignore', 'pipe', 'pipe', fd],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
  }
}

async function listening() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const { fd } = (server as Server & { _handle: { fd: number } })._handle;
  return {
    port,
    fd,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function freePort(): Promise<number> {
  const taken = await listening();
  await taken.close();
  return taken.port;
}
