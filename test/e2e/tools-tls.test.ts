import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatSender } from '../../src/ops/senders/senders-file.js';
import { createAuthority } from '../helpers/certificates.js';
import { HAS_PROC } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';
import { startProxy } from '../helpers/proxy.js';
import { startTlsFront } from '../helpers/tls-front.js';
import { ONE_SENTENCE, Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

const authority = createAuthority();
const localhost = authority.issue(['localhost']);
const TOKEN = 'TOKEN-of.ada_0123456789';

/** A relay behind TLS, and a file with who signed its certificate. */
async function start(args: readonly string[] = []) {
  const relay = await RelayProcess.start(args);
  const front = await startTlsFront(relay.port, localhost);
  const at = await scratch();
  const ca = join(at.path, 'ca.pem');
  await writeFile(ca, authority.cert);
  return {
    relay,
    front,
    ca,
    path: at.path,
    async [Symbol.asyncDispose]() {
      for (const each of [front, relay, at]) await each[Symbol.asyncDispose]();
    },
  };
}

const slowly = (port: number) =>
  startProxy(port, { toxics: [{ kind: 'bandwidth', bytesPerSecond: 6_500_000 }] });

describe.concurrent('relay-send and relay-receive over TLS', () => {
  it('send a file, the one with --tls and the other with relays://', async () => {
    await using to = await scratch();
    await using it = await start();
    await plant(it.path, { 'd/file': randomBytes(3_000_000), 'd/empty/': '' });
    const relay = `localhost:${it.front.port}`;
    const args = ['--tls', '--relay', relay, '--ca', it.ca, 'd'];
    await using sender = new Tool('relay-send', args, { cwd: it.path });
    const env = { RELAY_ADDRESS: `relays://${relay}`, RELAY_CA: it.ca, RELAY_CODE: await sender.code() };
    expect(await sender.until(/relay-receive --relay (\S+)\n/)).toBe(`relays://${relay}`);
    await using receiver = new Tool('relay-receive', ['--yes', '--output', to.path], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(await tree(join(to.path, 'd'))).toEqual(await tree(join(it.path, 'd')));
    expect(it.front.asked).toEqual(['localhost', 'localhost']);
  });

  it('trust whom NODE_EXTRA_CA_CERTS names', async () => {
    await using it = await start();
    const env = {
      RELAY_ADDRESS: `relays://localhost:${it.front.port}`,
      NODE_EXTRA_CA_CERTS: it.ca,
      RELAY_CODE: '8123-olive-basic',
    };
    await using sender = new Tool('relay-send', ['--text', 'hello'], { env });
    await sender.code();
    await using receiver = new Tool('relay-receive', ['--yes'], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.toString()).toBe('hello');
  });

  it('come back after a cut, and go on where they were', async () => {
    await using to = await scratch();
    await using it = await start();
    await plant(it.path, { file: randomBytes(8_000_000) });
    await using proxy = await slowly(it.front.port);
    const env = { RELAY_ADDRESS: `relays://localhost:${proxy.port}`, RELAY_CA: it.ca };
    await using sender = new Tool('relay-send', ['--json', 'file'], { env, cwd: it.path });
    const RELAY_CODE = await sender.code();
    const args = ['--json', '--yes', '--output', to.path];
    await using receiver = new Tool('relay-receive', args, { env: { ...env, RELAY_CODE } });
    await receiver.untilBytes(2_000_000);
    proxy.cut();
    await receiver.untilBytes(1_000_000, 'resumed');
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(await tree(to.path)).toContainEqual(
      (await tree(it.path)).find((line) => line.startsWith('/file')),
    );
    expect(proxy.count()).toBeGreaterThan(2);
  });

  it.each([
    ['a certificate that nobody trusts', [], 1, /signed by nobody whom this machine trusts/],
    ['a file that is no CA', ['--ca', '/dev/null'], 2, /has no certificate in PEM form/],
  ])('say in a sentence what is wrong: %s', async (_name, args, code, told) => {
    await using it = await start();
    const relay = `relays://localhost:${it.front.port}`;
    for (const [name, ...own] of [
      ['relay-send', '--quiet', '--text', 'x'],
      ['relay-receive', '--yes', '8124-olive-basic'],
    ] as const) {
      await using tool = new Tool(name, ['--relay', relay, ...args, ...own]);
      expect(await tool.exited()).toBe(code);
      expect(tool.stderr).toMatch(ONE_SENTENCE);
      expect(tool.stderr).toMatch(told);
    }
  });

  it('say of a relay without TLS that it has none', async () => {
    await using relay = await RelayProcess.start();
    const args = ['--tls', '--relay', `127.0.0.1:${relay.port}`, '-q', '--text', 'x'];
    await using tool = new Tool('relay-send', args);
    expect(await tool.exited()).toBe(1);
    expect(tool.stderr).toMatch(ONE_SENTENCE);
    expect(tool.stderr).toContain('drop --tls');
  });

  it('speak TLS with the relay itself, before and after it reads its files again', async () => {
    await using at = await scratch();
    const renewed = authority.issue(['localhost']);
    await plant(at.path, { 'cert.pem': localhost.cert, 'key.pem': localhost.key, 'ca.pem': authority.cert });
    const file = (name: string): string => join(at.path, name);
    const files = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem'), '--tls-only'];
    await using relay = await RelayProcess.start(files);
    for (const text of ['before', 'after']) {
      const env = {
        RELAY_ADDRESS: `relays://localhost:${relay.port}`,
        RELAY_CA: file('ca.pem'),
        RELAY_CODE: '8125-olive-basic',
      };
      await using sender = new Tool('relay-send', ['--text', text], { env });
      await sender.code();
      await using receiver = new Tool('relay-receive', ['--yes'], { env });
      expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
      expect(receiver.stdout.toString()).toBe(text);
      await plant(at.path, { 'cert.pem': renewed.cert, 'key.pem': renewed.key });
      relay.kill('SIGHUP');
      await relay.untilLogged('reloaded');
    }
    const address = `127.0.0.1:${relay.port}`;
    await using plain = new Tool('relay-send', ['-q', '--relay', address, '--text', 'x']);
    expect(await plain.exited()).toBe(1);
    expect(plain.stderr).toMatch(ONE_SENTENCE);
    expect(plain.stderr).toContain('takes TLS only. Give --tls');
  });

  it('show a token to the relay, and to nobody else: secret_absent_from_argv_and_logs', async () => {
    await using to = await scratch();
    const senders = join(to.path, 'senders');
    await writeFile(senders, formatSender('ada', TOKEN));
    await using it = await start(['--log-level', 'trace', '--senders-file', senders]);
    await plant(it.path, { file: randomBytes(3_000_000) });
    await using proxy = await slowly(it.front.port);
    const env = { RELAY_ADDRESS: `relays://localhost:${proxy.port}`, RELAY_CA: it.ca };

    await using nobody = new Tool('relay-send', ['-q', 'file'], { env, cwd: it.path });
    expect(await nobody.exited()).toBe(1);
    expect(nobody.stderr).toMatch(ONE_SENTENCE);
    expect(nobody.stderr).toContain('RELAY_TOKEN');
    const wrong = { ...env, RELAY_TOKEN: `${TOKEN}x` };
    await using stranger = new Tool('relay-send', ['--json', 'file'], { env: wrong, cwd: it.path });
    expect(await stranger.exited()).toBe(1);
    expect(stranger.events.at(-1)).toMatchObject({ event: 'error', code: 'relay' });

    const mine = { ...env, RELAY_TOKEN: TOKEN };
    const args = ['--json', '--receivers', '2', 'file'];
    await using sender = new Tool('relay-send', args, { env: mine, cwd: it.path });
    // A receiver may have the variable too: it keeps it to itself.
    const receiving = { env: { ...mine, RELAY_CODE: await sender.code() } };
    const outputs = [join(to.path, 'one'), join(to.path, 'two')];
    await using one = new Tool('relay-receive', ['--json', '--yes', '-o', outputs[0]!], receiving);
    await using two = new Tool('relay-receive', ['--json', '--yes', '-o', outputs[1]!], receiving);
    await one.untilBytes(500_000);
    if (HAS_PROC) {
      const lines = readdirSync('/proc').flatMap(commandLine);
      expect(lines.filter((line) => line.includes(TOKEN))).toEqual([]);
    }
    proxy.cut();
    expect([await sender.exited(), await one.exited(), await two.exited()]).toEqual([0, 0, 0]);
    it.relay.kill('SIGTERM');
    await it.relay.exited();
    expect(it.relay.stdout).toContain('"sender":"ada"');
    for (const said of [it.relay, nobody, stranger, sender, one, two])
      expect(String(said.stdout) + said.stderr).not.toContain(TOKEN);
  });
});

/** That of a process, where it is still there. */
function commandLine(pid: string): string[] {
  if (!/^\d+$/.test(pid)) return [];
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
  } catch {
    return [];
  }
}
