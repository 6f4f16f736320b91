import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HAS_PROC } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';
import { ONE_SENTENCE, Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

const at = (relay: RelayProcess): string => `127.0.0.1:${relay.port}`;

describe.concurrent('relay-send and relay-receive', () => {
  it('send a file and a directory by the code that is told', async () => {
    await using relay = await RelayProcess.start();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/one': randomBytes(700_000), 'd/empty/': '', 'two.txt': 'two' });
    await using sender = new Tool('relay-send', ['--relay', at(relay), 'd', 'two.txt'], { cwd: from.path });
    const args = ['--relay', at(relay), '--yes', '--output', to.path, await sender.code()];
    await using receiver = new Tool('relay-receive', args);
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
    expect(sender.stdout.length + receiver.stdout.length).toBe(0);
    expect(receiver.stderr).toContain('Received and verified: 2 files');
    expect(sender.stderr).toContain('Sent and verified: 2 files');
  });

  it('send text to standard output, the code and the relay from the environment', async () => {
    await using relay = await RelayProcess.start();
    const env = { RELAY_CODE: '7311-olive-basic', RELAY_ADDRESS: at(relay) };
    await using sender = new Tool('relay-send', ['--text', 'see you at ätt'], { env });
    await sender.code();
    await using receiver = new Tool('relay-receive', ['--yes'], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.toString()).toBe('see you at ätt');
  });

  it('send standard input to standard output, exactly those bytes', async () => {
    await using relay = await RelayProcess.start();
    const env = { RELAY_ADDRESS: at(relay) };
    const input = randomBytes(5_000_000);
    await using sender = new Tool('relay-send', ['--name', 'dump', '-'], { env, input });
    const code = await sender.code();
    await using receiver = new Tool('relay-receive', ['--yes', '--output', '-', code], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.equals(input)).toBe(true);
  });

  it('say under --json one event a line, and which error it was', async () => {
    await using relay = await RelayProcess.start();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { file: randomBytes(300_000) });
    const env = { RELAY_ADDRESS: at(relay) };
    await using sender = new Tool('relay-send', ['--json', join(from.path, 'file')], { env });
    const code = await sender.code();
    const args = ['--json', '--yes', '-o', to.path];
    await using stranger = new Tool('relay-receive', [...args, `${code.split('-')[0]}-wrong-words`], { env });
    expect(await stranger.exited()).toBe(1);
    expect(stranger.events).toMatchObject([{ event: 'error', code: 'wrong-code' }]);
    await using receiver = new Tool('relay-receive', [...args, code], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(sender.events).toContainEqual({ event: 'wrong-code', triesLeft: 2 });
    const done = { event: 'done', files: 1, bytes: 300_000, names: ['file'], peer: 1 };
    expect(sender.events.at(-1)).toEqual(done);
    expect(receiver.events.at(-1)).toEqual(done);
  });

  it('say in a sentence that nobody is there, or that the words are wrong, and exit 1', async () => {
    await using relay = await RelayProcess.start();
    const env = { RELAY_ADDRESS: at(relay) };
    await using nobody = new Tool('relay-receive', ['--yes', '7312-olive-basic'], { env });
    expect(await nobody.exited()).toBe(1);
    expect(nobody.stderr).toMatch(ONE_SENTENCE);
    expect(nobody.stderr).toContain('2 tries left');
    await using sender = new Tool('relay-send', ['--text', 'secret', '--code', '7313-olive-basic'], { env });
    await sender.code();
    await using wrong = new Tool('relay-receive', ['--yes', '7313-olive-basil'], { env });
    expect(await wrong.exited()).toBe(1);
    const [last, ...before] = wrong.stderr.trimEnd().split('\n').reverse();
    expect(`${last}\n`).toMatch(ONE_SENTENCE);
    expect(before.join('\n')).not.toContain(' at ');
    expect(wrong.stderr).not.toContain('basil');
  });

  it.each([
    ['relay-send', []],
    ['relay-send', ['--no-such-flag']],
    ['relay-send', ['--code', 'no digits', '--text', 'x']],
    ['relay-send', ['--receivers', '17', '--text', 'x']],
    ['relay-send', ['--receivers', '2', '-']],
    ['relay-send', ['--relay', 'a:b:c', '--text', 'x']],
    ['relay-receive', ['--yes']],
    ['relay-receive', ['7314-olive-basic']],
    ['relay-receive', ['--json', '7314-olive-basic']],
    ['relay-receive', ['--overwrite', '--rename', '--yes', '7314-olive-basic']],
  ] as const)('%s %j is wrong usage: one line, exit 2', async (name, args) => {
    await using tool = new Tool(name, args);
    expect(await tool.exited()).toBe(2);
    expect(tool.stderr).toMatch(ONE_SENTENCE);
    expect(tool.stdout.length).toBe(0);
  });

  it('keep the words out of the relay, and of every command line', async () => {
    await using relay = await RelayProcess.start(['--log-level', 'trace']);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { file: randomBytes(4_000_000) });
    const env = { RELAY_ADDRESS: at(relay), RELAY_CODE: '73158642-zebra-quantum' };
    await using sender = new Tool('relay-send', [join(from.path, 'file')], { env });
    await sender.code();
    await using receiver = new Tool('relay-receive', ['--yes', '--json', '-o', to.path], { env });
    const pids = [relay.pid, sender.child.pid, receiver.child.pid];
    if (HAS_PROC) {
      await receiver.untilBytes(1);
      const lines = readdirSync('/proc').flatMap((name) => commandLine(name));
      expect(lines.join('\n')).toMatch(/relay-receive/);
      expect(lines.filter((line) => /zebra|quantum|73158642/.test(line))).toEqual([]);
    }
    expect(pids.every((pid) => pid !== undefined)).toBe(true);
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    relay.kill('SIGTERM');
    await relay.exited();
    expect(relay.stdout).toContain('connection ended');
    expect(relay.stdout + relay.stderr).not.toMatch(/zebra|quantum|73158642/);
    expect(receiver.stderr + receiver.stdout.toString()).not.toMatch(/zebra|quantum/);
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
