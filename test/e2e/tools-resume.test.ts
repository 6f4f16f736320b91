import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { finals } from '../helpers/hostile.js';
import { RelayProcess } from '../helpers/process.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

// Several processes each, beside those of other tests.
vi.setConfig({ testTimeout: 60_000 });

const BYTES = 20_000_000;
const HALFWAY = 3_000_000;

/** Two tools that are in the middle of a file, and what starts each of them again with the same words. */
async function underWay(code: string, port: number) {
  const from = await scratch();
  const to = await scratch();
  await plant(from.path, { 'd/a': 'first', 'd/big': randomBytes(BYTES) });
  const env = { RELAY_CODE: code, RELAY_ADDRESS: `127.0.0.1:${port}` };
  const send = (): Tool => new Tool('relay-send', ['--json', join(from.path, 'd')], { env });
  const receive = (): Tool => new Tool('relay-receive', ['--json', '--yes', '-o', `${to.path}/`], { env });
  const sender = send();
  await sender.code();
  const receiver = receive();
  return {
    sender,
    receiver,
    send,
    receive,
    finals: () => finals(to.path),
    async expectEqual() {
      expect(await tree(to.path)).toEqual(await tree(from.path));
    },
    async [Symbol.asyncDispose]() {
      for (const each of [sender, receiver, from, to]) await each[Symbol.asyncDispose]();
    },
  };
}

/** A line that is slow enough to be hit in the middle, until it is told to hurry. */
async function slowly(relay: { readonly port: number }) {
  const proxy = await startProxy(relay.port);
  const hurry = proxy.add({ kind: 'bandwidth', bytesPerSecond: 6_500_000 });
  return Object.assign(proxy, { hurry });
}

describe.concurrent('a tool that is killed, and started again', () => {
  it('as the receiver goes on while the sender lives', async () => {
    await using relay = await startRelay();
    await using line = await slowly(relay);
    await using transfer = await underWay('7321-olive-basic', line.port);
    const { sender, receiver } = transfer;
    await receiver.untilBytes(HALFWAY);
    receiver.kill('SIGKILL');
    expect(await receiver.exited()).toBe(null);
    line.hurry();
    expect([...(await transfer.finals()).keys()]).not.toContain('d/big');
    await using again = transfer.receive();
    expect([await again.exited(), await sender.exited()]).toEqual([0, 0]);
    await again.untilBytes(HALFWAY - 1024 * 1024, 'resumed');
    await sender.untilBytes(HALFWAY - 1024 * 1024, 'resumed');
    await transfer.expectEqual();
  });

  it('as the receiver of what is typed goes on: what the sender was told of is there', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const env = { RELAY_CODE: '7326-olive-basic', RELAY_ADDRESS: `127.0.0.1:${relay.port}` };
    await using sender = new Tool('relay-send', ['--json', '-'], { env, input: 'open' });
    await sender.code();
    const receive = (): Tool => new Tool('relay-receive', ['--json', '--yes'], { env, cwd: to.path });
    await using receiver = receive();
    sender.child.stdin!.write('one\n');
    await sender.untilBytes(4);
    receiver.kill('SIGKILL');
    await receiver.exited();
    await using again = receive();
    sender.child.stdin!.write('two\n');
    await again.untilBytes(4, 'resumed');
    sender.child.stdin!.end('three\n');
    expect([await again.exited(), await sender.exited()]).toEqual([0, 0]);
    expect((await finals(to.path)).get('stdin')?.toString()).toBe('one\ntwo\nthree\n');
  });

  it('as the sender goes on while the receiver lives', async () => {
    await using relay = await startRelay();
    await using line = await slowly(relay);
    await using transfer = await underWay('7322-olive-basic', line.port);
    const { sender, receiver } = transfer;
    await receiver.untilBytes(HALFWAY);
    sender.kill('SIGKILL');
    await sender.exited();
    line.hurry();
    await using again = transfer.send();
    expect([await again.exited(), await receiver.exited()]).toEqual([0, 0]);
    await again.untilBytes(HALFWAY, 'resumed');
    expect(receiver.events.map(({ event }) => event)).toContain('cut');
    await transfer.expectEqual();
  });

  it('as the relay, on the same port, is found again by both', async () => {
    await using relay = await RelayProcess.start();
    await using line = await slowly(relay);
    await using transfer = await underWay('7323-olive-basic', line.port);
    const { sender, receiver } = transfer;
    await receiver.untilBytes(HALFWAY);
    relay.kill('SIGKILL');
    await relay.exited();
    line.hurry();
    await using again = await RelayProcess.start(['--port', String(relay.port)]);
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(again.port).toBe(relay.port);
    await receiver.untilBytes(HALFWAY, 'resumed');
    await transfer.expectEqual();
  });
});

const KILLED_AT = new URL('../helpers/killed-at.mjs', import.meta.url).href;

describe.concurrent('two tools that are killed at the very end, and run again', () => {
  it.each([
    ['before the last file has its name', 'link partial', '7341'],
    ['before that it has is noted down', 'unlink partial', '7342'],
    ['before the sender is told', 'lutimes d', '7343'],
    ['before the line of the sender, which was told, is closed', 'end', '7344'],
    ['before it is gone', 'destroy', '7345'],
    ['before the receiver forgets what it knows', 'rm journal', '7346'],
  ])('%s: what is there counts', async (_when, call, nameplate) => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/a': 'first', 'd/big': randomBytes(1_000_000) });
    const env = { RELAY_CODE: `${nameplate}-olive-basic`, RELAY_ADDRESS: `127.0.0.1:${relay.port}` };
    const send = (): Tool => new Tool('relay-send', ['--json', join(from.path, 'd')], { env });
    const receive = (more: NodeJS.ProcessEnv = {}): Tool =>
      new Tool('relay-receive', ['--json', '--yes', '-o', `${to.path}/`], { env: { ...env, ...more } });
    await using sender = send();
    await sender.code();
    const killed = {
      NODE_OPTIONS: `--import=${KILLED_AT}`,
      KILL_AT: call,
      KILL_ALSO: String(sender.child.pid),
    };
    await using receiver = receive(killed);
    expect(await receiver.exited()).toBe(null);
    await sender.exited();
    const before = await stat(join(to.path, 'd', 'a'));
    await using sending = send();
    await sending.code();
    await using receiving = receive();
    expect([await receiving.exited(), await sending.exited()], receiving.stderr).toEqual([0, 0]);
    await receiving.untilBytes(1_000_005, 'resumed');
    expect(await tree(to.path)).toEqual(await tree(from.path));
    const { ino, mtimeMs } = await stat(join(to.path, 'd', 'a'));
    expect([ino, mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it('is compared by its bytes where it is a file that standard input reads', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const input = randomBytes(1_000_000);
    const env = { RELAY_CODE: '7347-olive-basic', RELAY_ADDRESS: `127.0.0.1:${relay.port}` };
    const send = (): Tool => new Tool('relay-send', ['--json', '-'], { env, input });
    const receive = (more: NodeJS.ProcessEnv = {}): Tool =>
      new Tool('relay-receive', ['--json', '--yes'], { env: { ...env, ...more }, cwd: to.path });
    await using sender = send();
    await sender.code();
    const also = String(sender.child.pid);
    await using receiver = receive({
      NODE_OPTIONS: `--import=${KILLED_AT}`,
      KILL_AT: 'rm journal',
      KILL_ALSO: also,
    });
    expect(await receiver.exited()).toBe(null);
    await sender.exited();
    await using sending = send();
    await sending.code();
    await using receiving = receive();
    expect([await receiving.exited(), await sending.exited()], receiving.stderr).toEqual([0, 0]);
    expect([...(await finals(to.path)).entries()]).toEqual([['stdin', input]]);
  });
});

describe.concurrent('Ctrl-C', () => {
  it.each(['sender', 'receiver'] as const)(
    'at the %s ends both in a sentence, and leaves what goes on later',
    async (side) => {
      await using relay = await startRelay();
      await using line = await slowly(relay);
      await using transfer = await underWay(
        side === 'sender' ? '7324-olive-basic' : '7325-olive-basic',
        line.port,
      );
      const { sender, receiver } = transfer;
      await receiver.untilBytes(HALFWAY);
      transfer[side].kill('SIGINT');
      expect([await sender.exited(), await receiver.exited()]).toEqual([1, 1]);
      for (const tool of [sender, receiver]) {
        const code = tool === transfer[side] ? 'interrupted' : 'stopped';
        const errors = tool.events.filter(({ event }) => event === 'error');
        expect(errors).toMatchObject([{ code, message: expect.stringMatching(/^[A-Z].*\.$/) as string }]);
      }
      expect([...(await transfer.finals()).keys()]).not.toContain('d/big');
      line.hurry();
      await using sending = transfer.send();
      await sending.code();
      await using receiving = transfer.receive();
      expect([await sending.exited(), await receiving.exited()]).toEqual([0, 0]);
      await receiving.untilBytes(HALFWAY - 1024 * 1024, 'resumed');
      await transfer.expectEqual();
    },
  );
});
