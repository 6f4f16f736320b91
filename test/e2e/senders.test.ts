import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatSender, hashToken } from '../../src/ops/senders/senders-file.js';
import { Client } from '../helpers/client.js';
import { RelayProcess } from '../helpers/process.js';
import { scratch } from '../helpers/transfer.js';

const INVALID = 'Invalid or missing token.\n';

/** What a client is told that says this line. */
async function told(relay: RelayProcess, line: string): Promise<string> {
  using client = await Client.connect(relay.port, { line: `${line}\n` });
  return await client.finish();
}

async function waiting(relay: RelayProcess, line: string): Promise<Client> {
  const client = await Client.connect(relay.port, { line: `${line}\n` });
  await client.untilText('WAITING');
  return client;
}

describe.concurrent('relay-server token', () => {
  it('draws a token and its line, each named, the words for people on standard error', async () => {
    await using first = await RelayProcess.run(['token', 'ada']);
    await using second = await RelayProcess.run(['token', 'ada']);
    const [, token = '', name, hash] = /^token: (\S+)\nline: {2}(\S+):(\S+)\n$/.exec(first.stdout) ?? [];
    expect(token).toMatch(/^[A-Za-z0-9._-]{22,64}$/);
    expect([name, hash]).toEqual(['ada', hashToken(token)]);
    expect(first.stderr).not.toContain(token);
    expect(first.stderr).toMatch(/^[^\n]+\n$/);
    expect(second.stdout).not.toContain(token);
  });

  it('--append adds the line, and prints the token alone', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await using token = await RelayProcess.run(['token', 'ada', '--append', file]);
    expect(await readFile(file, 'utf8')).toBe(`${formatSender('ada', token.stdout.trim())}\n`);
    await using again = await RelayProcess.run(['token', 'ada', '--append', file]);
    expect(again.stdout).toBe('');
    expect(again.stderr).toMatch(
      /^relay-server token: "[^\n]+" was not changed: ada is in line 1\. [^\n]+\.\n$/,
    );
    expect(await again.exited()).toBe(1);
  });

  it.each([
    [[], 2],
    [['a b'], 2],
    [['ada', 'bob'], 2],
    [['ada', '--append'], 2],
    [['ada', '--file', 'x'], 2],
    [['ada', '--append', '/missing/senders'], 1],
    [['ada', '--append', '/dev/null/senders'], 1],
  ])('%j: one line, exit %i', async (args, code) => {
    await using command = await RelayProcess.run(['token', ...args]);
    expect(await command.exited()).toBe(code);
    expect(command.stdout).toBe('');
    expect(command.stderr).toMatch(/^relay-server token: [^\n]+\.\n$/);
  });

  it('--help says what it prints', async () => {
    await using help = await RelayProcess.run(['token', '--help']);
    expect(await help.exited()).toBe(0);
    expect(help.stdout).toContain('--append <file>');
  });
});

describe.concurrent('relay-server --senders-file', () => {
  it('lets in who has a token, takes one back at SIGHUP, and tells no token anywhere', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    const [ada, bob] = ['ADA-TOKEN-0123456789', 'BOB-TOKEN-0123456789'];
    await writeFile(file, `# ours\n${formatSender('ada', ada)}\n${formatSender('bob', bob)}\n`);
    await using relay = await RelayProcess.start(['--log-level', 'trace', '--admin-port', '0'], {
      RELAY_SENDERS_FILE: file,
    });
    expect(await told(relay, '1234:sender')).toBe(INVALID);
    expect(await told(relay, '1234:sender:token=NO-TOKEN')).toBe(INVALID);
    const line = ':status:retry:key=k';
    using sender = await waiting(relay, `1234:sender${line}:token=${ada}`);
    using receiver = await Client.connect(relay.port, { line: `1234:receiver${line}\n` });
    await receiver.untilText('PAIRED');
    sender.write('12345');
    await receiver.untilText('12345');

    await writeFile(file, formatSender('bob', bob));
    relay.kill('SIGHUP');
    expect(await relay.untilLogged('reloaded')).toMatchObject({ parts: ['senders file'] });
    expect(await told(relay, `5678:sender:token=${ada}`)).toBe(INVALID);
    // It goes on; but it does not come back.
    sender.write('6789');
    await receiver.untilText('6789');
    sender.reset();
    await receiver.finish();
    expect(await told(relay, `1234:sender${line}:token=${ada}`)).toContain('ERROR invalid-token');
    using other = await waiting(relay, `1234:sender${line}:token=${bob}`);
    other.end();

    const metrics = await (await fetch(`http://127.0.0.1:${relay.adminPort}/metrics`)).text();
    expect(metrics).toContain('relay_sender_pairings_total{sender="ada"} 1\n');
    expect(metrics).toContain('relay_sender_relayed_bytes_total{sender="ada"} 9\n');
    expect(metrics).toContain('relay_sender_pairings_total{sender="bob"} 0\n');
    expect(metrics).toContain('relay_refusals_total{reason="invalid-token"} 4\n');
    await relay.untilEnded(7);
    relay.kill('SIGTERM');
    expect(await relay.exited()).toBe(0);
    const senders = relay.lines.flatMap(({ msg, sender: name }) =>
      msg === 'connection ended' ? [name] : [],
    );
    expect(senders.filter((name) => name !== undefined).sort()).toEqual(['ada', 'bob']);
    expect(relay.stdout + relay.stderr + metrics).not.toMatch(/TOKEN|sha256/);
  });

  it('keeps what it had where the file is broken, and says so in one line', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await writeFile(file, formatSender('ada', 'A'));
    await using relay = await RelayProcess.start(['--senders-file', file]);
    await writeFile(file, 'ada:PLAIN-SECRET\n');
    relay.kill('SIGHUP');
    const line = await relay.untilLogged('not reloaded: it stays as it was');
    expect(line).toMatchObject({ level: 50, part: 'senders file' });
    expect(line['problem']).toContain('line 1 is not name:hash');
    expect(relay.stdout).not.toContain('PLAIN-SECRET');
    using sender = await waiting(relay, '1:sender:status:token=A');
    sender.end();
  });

  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['is empty', '', 'it names no sender'],
    ['is broken', '# ours\nada:PLAIN-SECRET\n', 'line 2 is not name:hash'],
    [
      'has a name twice',
      `${formatSender('ada', 'A')}\n${formatSender('ada', 'B')}`,
      'line 2 has the same name',
    ],
  ])('does not start where the file %s: one line, exit 1', async (_name, text, problem) => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    if (text !== undefined) await writeFile(file, text);
    await using relay = await RelayProcess.run(['--port', '0', '--senders-file', file]);
    expect(await relay.exited()).toBe(1);
    expect(relay.stdout).toBe('');
    expect(relay.stderr).toMatch(/^relay-server: [^\n]+\.\n$/);
    expect(relay.stderr).toContain(problem);
    expect(relay.stderr).not.toContain('PLAIN-SECRET');
  });

  it('is looked at by check, which shows nothing of it', async () => {
    await using at = await scratch();
    const file = join(at.path, 'senders');
    await writeFile(file, `${formatSender('ada', 'A')}\n`);
    await using good = await RelayProcess.run(['check', '--senders-file', file]);
    expect(good.stdout).toMatch(/^ok +senders +\S+ names 1\.$/m);
    await writeFile(file, 'ada:PLAIN-SECRET\n');
    await using bad = await RelayProcess.run(['check', '--senders-file', file]);
    expect(await bad.exited()).toBe(2);
    expect(bad.stdout).toMatch(/^fail +senders +the senders file .* line 1 is not name:hash/m);
    expect(good.stdout + bad.stdout).not.toMatch(/PLAIN|sha256/);
  });

  it('SIGHUP ends no relay that has nothing to read again', async () => {
    await using relay = await RelayProcess.start();
    relay.kill('SIGHUP');
    expect(await relay.untilLogged('reloaded')).toMatchObject({ parts: [] });
    using sender = await waiting(relay, '1:sender:status:token=A');
    sender.end();
  });
});
