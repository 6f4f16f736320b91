import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { feedUntilStalled } from '../helpers/flow.js';
import { HeldTransfer } from '../helpers/held-transfer.js';
import { RelayProcess } from '../helpers/process.js';

/** Longer than any test waits: what ends all the same did not wait for it. */
const LONG_GRACE = ['--shutdown-grace', '10h'];

/** A pair of which both read `PAIRED`. */
async function pairAt(port: number, code: string) {
  const receiver = await Client.connect(port, { line: `${code}:receiver:wait:status\n` });
  const sender = await Client.connect(port, { line: `${code}:sender:status\n` });
  await Promise.all([sender.untilText('PAIRED\n'), receiver.untilText('PAIRED\n')]);
  return { sender, receiver };
}

describe.concurrent.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('idle: exits at once with 0, and says that it stopped', async () => {
    await using relay = await RelayProcess.start(LONG_GRACE);
    relay.kill(signal);
    expect(await relay.exited()).toBe(0);
    expect(relay.lines.map(({ msg }) => msg)).toEqual(['listening', 'draining', 'stopped']);
    expect(relay.stderr).toBe('');
  });

  it('waiting clients and those without a line yet are told', async () => {
    await using relay = await RelayProcess.start();
    using sender = await Client.connect(relay.port, { line: 'wait:sender:status\n' });
    using receiver = await Client.connect(relay.port, { line: 'other:receiver:wait\n' });
    using silent = await Client.connect(relay.port);
    using held = await Client.connect(relay.port, { line: 'held:receiver:wait:retry:status\n' });
    await Promise.all([sender.untilText('WAITING'), held.untilText('WAITING')]);
    relay.kill(signal);
    const sentence = 'Server is shutting down.\n';
    expect(await sender.finish()).toMatch(/^WAITING \d+\nERROR shutting-down Server is shutting down\.\n$/);
    expect(await receiver.finish()).toBe(sentence);
    expect(await silent.finish()).toBe(sentence);
    expect(await held.finish()).toMatch(/\nERROR shutting-down /);
    expect(await relay.exited()).toBe(0);
    const ended = relay.lines.filter(({ msg }) => msg === 'connection ended');
    expect(ended.map((line) => line['ending'])).toEqual(Array(4).fill('shutting-down'));
  });

  it('active: a transfer under way finishes, nobody new gets in, and it exits with 0', async () => {
    await using relay = await RelayProcess.start();
    using transfer = await HeldTransfer.start(relay.port, 'active');
    relay.kill(signal);
    await relay.untilLogged('draining');
    await expect(Client.connect(relay.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await transfer.finish();
    expect(await relay.exited()).toBe(0);
    const ended = relay.lines.filter(({ msg }) => msg === 'connection ended');
    expect(ended).toMatchObject([{ ending: 'closed' }, { ending: 'closed' }]);
  });

  it('stalled: ends after the grace, with 0', async () => {
    await using relay = await RelayProcess.start(['--shutdown-grace', '700ms']);
    const { sender, receiver } = await pairAt(relay.port, 'stalled');
    receiver.socket.pause();
    await feedUntilStalled(sender.socket);
    const startedAt = performance.now();
    relay.kill(signal);
    await sender.untilText('DISCONNECT shutdown\n');
    expect(performance.now() - startedAt).toBeGreaterThan(650);
    expect(await relay.exited()).toBe(0);
    const ended = relay.lines.filter(({ msg }) => msg === 'connection ended');
    expect(ended).toMatchObject([{ ending: 'shutdown' }, { ending: 'shutdown' }]);
    sender.reset();
    receiver.reset();
  });

  it('twice: ends at once, with 0', async () => {
    await using relay = await RelayProcess.start(LONG_GRACE);
    const { sender, receiver } = await pairAt(relay.port, 'twice');
    relay.kill(signal);
    await relay.untilLogged('draining');
    sender.write('still on');
    await receiver.untilText('still on');
    relay.kill(signal);
    await Promise.all([
      sender.untilText('DISCONNECT shutdown\n'),
      receiver.untilText('DISCONNECT shutdown\n'),
    ]);
    // Neither of them closes its own side.
    expect(await relay.exited()).toBe(0);
    sender.reset();
    receiver.reset();
  });
});

it('a signal while it starts: it does not, and exits with 0', async () => {
  // Behind the call, and before it listens.
  const early = `data:text/javascript,import { Server } from 'node:net';
    const { listen } = Server.prototype;
    Server.prototype.listen = function (...args) {
      const server = listen.apply(this, args);
      process.emit('SIGTERM', 'SIGTERM');
      return server;
    };`;
  const nodeArgs = ['--import', early.replaceAll('\n', ' ')];
  await using relay = new RelayProcess(['--port', '0', '--host', '127.0.0.1'], {}, nodeArgs);
  expect(await relay.exited()).toBe(0);
  expect([relay.stderr, relay.lines.map(({ msg }) => msg)]).toEqual(['', ['draining', 'stopped']]);
});

it('a stalled receiver that reads on within the last moment gets its notice', async () => {
  await using relay = await RelayProcess.start(['--shutdown-grace', '0s']);
  const { sender, receiver } = await pairAt(relay.port, 'late');
  receiver.socket.pause();
  await feedUntilStalled(sender.socket);
  relay.kill('SIGTERM');
  await sender.untilText('DISCONNECT shutdown\n');
  receiver.socket.resume();
  await receiver.until(({ ended }) => ended);
  expect(receiver.bytes.subarray(-20).toString()).toBe('DISCONNECT shutdown\n');
  receiver.end();
  sender.reset();
  expect(await relay.exited()).toBe(0);
});
