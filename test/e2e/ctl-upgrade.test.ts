import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Reply } from '../../src/cli/server/ctl/ask.js';
import type { CtlRequest } from '../../src/cli/server/ctl/command-line.js';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { RelayProcess } from '../helpers/process.js';
import { UpgradingRelay } from '../helpers/upgrading.js';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-ctl-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function asked(path: string, request: Pick<CtlRequest, 'action' | 'method'>, parameters = {}) {
  const replies: Reply[] = [];
  for await (const reply of ask({ ...request, parameters, path, json: true })) replies.push(reply);
  return replies;
}

const list = (path: string) => asked(path, { action: 'list', method: 'GET' });

const kill = (path: string, room: unknown) => asked(path, { action: 'kill', method: 'POST' }, { room });

describe.concurrent('relay-server ctl, after an upgrade', () => {
  it('commands the successor, and ends what the old process still carries', async () => {
    const path = join(directory, 'pair.sock');
    await using relay = await UpgradingRelay.start(['--control', path, '--shutdown-grace', '1h']);
    using receiver = await Client.connect(relay.port, {
      line: 'pair:receiver:wait:retry:status\n',
      localAddress: '127.0.0.9',
    });
    using sender = await Client.connect(relay.port, { line: 'pair:sender:retry:status\nhello' });
    await receiver.untilText('hello');
    using waiting = await Client.connect(relay.port, { line: 'wait:sender:status\n' });
    await waiting.untilText('WAITING');
    const before = await list(path);
    await relay.upgrade();

    const [paired, other, end] = await list(path);
    expect([paired, other]).toMatchObject([
      {
        room: before[0]!['room'],
        state: 'paired',
        members: [
          { role: 'sender', source: '127.0.0.1' },
          { role: 'receiver', source: '127.0.0.9' },
        ],
      },
      { room: before[1]!['room'], state: 'waiting', members: [{ role: 'sender', source: '127.0.0.1' }] },
    ]);
    expect(end).toMatchObject({ rooms: { paired: 1, waiting: 1, held: 0 } });
    // A process of its own, as an operator has it.
    await using printed = await RelayProcess.run(['ctl', 'list'], { RELAY_CONTROL: path });
    expect(await printed.exited()).toBe(0);
    expect(printed.stdout).toMatch(/^[\w-]{12} +paired .* 127\.0\.0\.1 /m);

    expect(relay.isAlive(relay.pids[0]!)).toBe(true);
    expect(await kill(path, paired!['room'])).toMatchObject([{ state: 'paired', members: 2 }]);
    expect(await receiver.finish()).toMatch(/helloDISCONNECT operator\n$/);
    expect(await sender.finish()).toMatch(/PAIRED\nDISCONNECT operator\n$/);
    // It carried nothing else, and does not wait for its grace.
    await relay.untilGone(relay.pids[0]!);
    // Not held, though both asked to come back.
    expect(await list(path)).toMatchObject([{ state: 'waiting' }, { rooms: { paired: 0, held: 0 } }]);
    await eventually(() => expect(relay.lines.filter(({ ending }) => ending === 'operator')).toHaveLength(2));
    using again = await Client.connect(relay.port, { line: 'pair:sender:status\n' });
    await again.untilText('WAITING');

    expect(await kill(path, other!['room'])).toMatchObject([{ state: 'waiting', members: 1 }]);
    expect(await waiting.finish()).toMatch(/\nERROR room-closed Room closed by the operator\.\n$/);
  });

  it('ends a room of several receivers in the old process, for all of them', async () => {
    const path = join(directory, 'several.sock');
    await using relay = await UpgradingRelay.start(['--control', path, '--shutdown-grace', '1h']);
    using one = await Client.connect(relay.port, { line: 'many:receiver:wait:status\n' });
    using two = await Client.connect(relay.port, { line: 'many:receiver:wait:status\n' });
    using sender = await Client.connect(relay.port, { line: 'many:sender:receivers=2:status\nhello' });
    await Promise.all([one.untilText('hello'), two.untilText('hello')]);
    await relay.upgrade();
    const [room] = await list(path);
    expect(await kill(path, room!['room'])).toMatchObject([{ state: 'paired', members: 3 }]);
    for (const client of [one, two, sender]) {
      expect(await client.finish()).toMatch(/DISCONNECT operator\n$/);
    }
    await relay.untilGone(relay.pids[0]!);
  });

  it('commands the old process again where the successor dies on its way', async () => {
    const path = join(directory, 'failed.sock');
    const program = join(directory, 'relay-server.mjs');
    const main = new URL('../../dist/cli/server.js', import.meta.url).href;
    writeFileSync(
      program,
      `import { main } from ${JSON.stringify(main)};\nprocess.exitCode = await main(process.argv, process.env);\n`,
    );
    await using relay = await UpgradingRelay.start(['--control', path, '--admin-port', '0'], program);
    // It says that it can run, and then it cannot.
    writeFileSync(program, "process.send({ kind: 'ready' }, () => process.exit(3));\n");
    process.kill(relay.pid, 'SIGUSR2');
    await relay.untilLogged('the upgrade failed, this relay goes on');
    await relay.untilLogged('control listening', 2);
    expect(await list(path)).toMatchObject([{ rooms: { paired: 0 } }]);
    const admin = await relay.untilLogged('admin listening', 2);
    const answer = await fetch(`http://${String(admin['host'])}:${String(admin['port'])}/healthz`);
    expect(answer.status).toBe(200);
  });

  it('has its socket through ten of them, and it goes with the last process', async () => {
    const path = join(directory, 'ten.sock');
    await using relay = await UpgradingRelay.start(['--control', path]);
    for (let count = 0; count < 10; count += 1) {
      await relay.upgrade();
      expect(await list(path)).toMatchObject([{ rooms: { paired: 0 } }]);
    }
    process.kill(relay.pid, 'SIGTERM');
    await relay.untilGone(relay.pid);
    await expect(list(path)).rejects.toThrow('no relay is commanded at');
  });
});
