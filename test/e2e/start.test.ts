import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { RelayProcess } from '../helpers/process.js';

const ONE_LINE = /^relay-server: [^\n]+\n$/;

describe.concurrent('a relay that cannot start says so in one line and exits with 1', () => {
  it.each(['--port', '--admin-port'])('port_in_use: %s', async (flag) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const args = ['--host', '127.0.0.1', '--port', '0', flag, `${port}`];
    await using relay = await RelayProcess.run(args);
    server.close();
    expect(await relay.exited()).toBe(1);
    expect(relay.stderr).toMatch(ONE_LINE);
    expect(relay.stderr).toContain(`port ${port} is already in use`);
    expect(relay.stderr).toContain(flag);
    expect(relay.stdout).not.toContain('"msg":"listening"');
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('no such address: %s', async (host) => {
    await using relay = await RelayProcess.run(['--port', '0', '--host', host]);
    expect(await relay.exited()).toBe(1);
    expect(relay.stderr).toMatch(ONE_LINE);
    expect(relay.stderr).toContain(host);
    expect(relay.stderr).toContain('--host');
    expect(relay.stdout).toBe('');
  });
});

describe.concurrent('bad settings: one line that names the flag, and exit 2', () => {
  it.each([
    ['--port', 'NaN'],
    ['--port', '-1'],
    ['--port', '70000'],
    ['--port', 'banana'],
    ['--idle-timeout', '5'],
    ['--rate-limit-ip', '1.5'],
    ['--log-level', 'loud'],
  ])('%s %s', async (flag, value) => {
    const variable = `RELAY_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`;
    await using byFlag = await RelayProcess.run([`${flag}=${value}`]);
    await using byVariable = await RelayProcess.run([], { [variable]: value });
    for (const relay of [byFlag, byVariable]) {
      expect(await relay.exited()).toBe(2);
      expect(relay.stderr).toMatch(ONE_LINE);
      expect(relay.stderr).toContain(flag);
      expect(relay.stdout).toBe('');
    }
  });
});

it('takes its settings from a file, and refuses one with a typing error', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'relay-config-'));
  const file = join(directory, 'relay.toml');
  try {
    await writeFile(file, 'port = 0\nhost = "127.0.0.1"\nlog-format = "json"\n');
    await using relay = new RelayProcess(['--config', file]);
    expect(await relay.untilLogged('listening')).toMatchObject({ host: '127.0.0.1' });
    await writeFile(file, 'port = 0\nhots = "127.0.0.1"\n');
    await using mistaken = await RelayProcess.run([], { RELAY_CONFIG: file });
    expect(await mistaken.exited()).toBe(2);
    expect(mistaken.stderr).toBe(`relay-server: ${file}:2: there is no setting "hots". Did you mean host?\n`);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('names variables that look like settings and are none, and starts', async () => {
  const env = { RELAY_RETRY_WINDW: '5m', RELAY_ADDRESS: 'relay.example.com', RELAY_CODE: '1-a-b' };
  await using relay = await RelayProcess.start([], env);
  const warned = relay.lines.filter(({ level }) => level === 40);
  expect(warned).toMatchObject([{ variable: 'RELAY_RETRY_WINDW', didYouMean: 'RELAY_RETRY_WINDOW' }]);
});

it('kill9_restart: the port can be bound again at once, with connections open on it', async () => {
  await using first = await RelayProcess.start();
  const { port } = first;
  using receiver = await Client.connect(port, { line: 'a:receiver:wait\n' });
  using sender = await Client.connect(port, { line: 'a:sender\nhello' });
  await receiver.untilText('hello');
  first.kill('SIGKILL');
  expect(await first.exited()).toBeNull();
  // It tries once, at its start: were the port still taken, it would say so and exit.
  await using second = new RelayProcess(['--port', `${port}`, '--host', '127.0.0.1']);
  await second.untilLogged('listening');
  expect(second.port).toBe(port);
  using again = await Client.connect(port, { line: 'a:receiver:wait:status\n' });
  await again.untilText('WAITING');
  await eventually(() =>
    expect([sender.socket.destroyed || sender.ended, receiver.ended || receiver.closed]).toEqual([
      true,
      true,
    ]),
  );
});
