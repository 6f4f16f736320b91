import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { noise } from '../helpers/flow.js';
import { HeldTransfer } from '../helpers/held-transfer.js';
import { eventually } from '../helpers/eventually.js';
import { HAS_PROC, isProbed } from '../helpers/proc.js';
import { UpgradingRelay } from '../helpers/upgrading.js';
import { upgradesUnderWay } from './upgrades-under-way.js';

describe.concurrent('an upgrade, and who waits', () => {
  it('moves a plain sender that waits, with all that it sent, and with its FIN', async () => {
    await using relay = await UpgradingRelay.start();
    const early = noise(100_000);
    using half = await Client.connect(relay.port, { line: 'half:sender\n' });
    half.end(early);
    // As the original tool does: it writes, closes whole, and is gone.
    const whole = await Client.connect(relay.port, { line: 'whole:sender\nall of it' });
    whole.socket.destroy();
    await relay.upgrade();
    using first = await Client.connect(relay.port, { line: 'half:receiver:raw\n' });
    using second = await Client.connect(relay.port, { line: 'whole:receiver:raw\n' });
    await Promise.all([first.untilEnd(), second.untilEnd()]);
    expect(first.bytes.equals(early)).toBe(true);
    expect(second.text).toBe('all of it');
    expect(relay.stderr).toBe('');
  });

  // A closed socket answers a probe with a reset, and the file would be lost with it.
  it.skipIf(!HAS_PROC)('probes no sender that has half-closed since it was moved', async () => {
    await using relay = await UpgradingRelay.start();
    using sender = await Client.connect(relay.port, { line: 'gone:sender\n' });
    const { localPort } = sender.socket;
    using fence = await Client.connect(relay.port, { line: 'fence:sender:status\n' });
    await fence.untilText('WAITING');
    await relay.upgrade();
    await eventually(() => expect(isProbed(relay.port, localPort!)).toBe(true));
    sender.end('the file');
    await eventually(() => expect(isProbed(relay.port, localPort!)).toBe(false));
    using receiver = await Client.connect(relay.port, { line: 'gone:receiver:raw\n' });
    await receiver.untilText('the file');
    expect(isProbed(relay.port, localPort!)).toBe(true);
  });

  it('moves those who wait with status, and goes on counting for them', async () => {
    await using relay = await UpgradingRelay.start(['--abandon-after', '90s']);
    using sender = await Client.connect(relay.port, { line: 'code:sender:status:key=k:retry\n' });
    await sender.untilText('WAITING 90\n');
    await relay.upgrade();
    await sender.until(({ text }) => /^WAITING 90\nWAITING (90|8\d)\n$/.test(text), 'a second WAITING');
    using stranger = await Client.connect(relay.port, { line: 'code:receiver\n' });
    expect(await stranger.finish()).toMatch(/^Invalid code or key/);
    using receiver = await Client.connect(relay.port, { line: 'code:receiver:key=k\nto you' });
    await sender.untilText('PAIRED\nto you');
    sender.write('and back');
    await receiver.untilText('and back');
    receiver.reset();
    await sender.untilText('DISCONNECT lost\n');
    sender.end();
    const ended = await relay.untilLogged('connection ended', 3);
    const names = relay.lines.flatMap((line) => (line.msg === 'connection ended' ? [line['room']] : []));
    expect([new Set(names).size, ended['room']]).toEqual([1, names[0]]);
  });

  it('moves several receivers that wait for their sender, and a sender that waits for the last of them', async () => {
    await using relay = await UpgradingRelay.start();
    using one = await Client.connect(relay.port, { line: 'many:receiver:wait:status\n' });
    await one.untilText('WAITING');
    using sender = await Client.connect(relay.port, { line: 'many:sender:receivers=3:status\n' });
    await sender.untilText('WAITING');
    using two = await Client.connect(relay.port, { line: 'many:receiver:status\n' });
    await two.untilText('WAITING');
    await relay.upgrade();
    using three = await Client.connect(relay.port, { line: 'many:receiver:status\n' });
    await sender.untilText('PAIRED');
    sender.end('for all of you');
    for (const receiver of [one, two, three]) {
      await receiver.until(
        ({ text }) => text.endsWith('PAIRED\nfor all of youDISCONNECT closed\n'),
        'the file',
      );
    }
  });

  it('moves who has not sent its line, or half of it', async () => {
    await using relay = await UpgradingRelay.start();
    using silent = await Client.connect(relay.port);
    using halfway = await Client.connect(relay.port, { line: 'slow:rec' });
    // Behind this one, the relay has read the other two.
    using fence = await Client.connect(relay.port, { line: 'fence:sender:status\n' });
    await fence.untilText('WAITING');
    await relay.upgrade();
    halfway.write('eiver:wait:status\n');
    await halfway.untilText('WAITING');
    silent.write('slow:sender\nhello');
    await halfway.untilText('PAIRED\nhello');
  });

  it('keeps the handshake deadline for who never sends it', async () => {
    await using relay = await UpgradingRelay.start(['--handshake-timeout', '1s']);
    using silent = await Client.connect(relay.port);
    await relay.upgrade();
    expect(await silent.finish()).toBe('Handshake timed out.\n');
  });
});

describe.concurrent('an upgrade, and who is paired', () => {
  it('lets a transfer finish where it is, and then the old process leaves', async () => {
    await using relay = await UpgradingRelay.start();
    using transfer = await HeldTransfer.start(relay.port, 'big');
    await relay.upgrade();
    // Its code is taken, in the new process too.
    using again = await Client.connect(relay.port, { line: 'big:sender\n' });
    expect(await again.finish()).toBe('Code already in use.\n');
    using third = await Client.connect(relay.port, { line: 'big:receiver\n' });
    expect(await third.finish()).toBe('Room is full.\n');
    expect(relay.isAlive(relay.pids[0]!)).toBe(true);
    await transfer.finish();
    await relay.untilGone(relay.pids[0]!);
    expect(relay.isAlive(relay.pid)).toBe(true);
    // And now the code is free.
    using next = await Client.connect(relay.port, { line: 'big:sender:status\n' });
    await next.untilText('WAITING');
  });

  it('cuts a transfer that outlives the grace, and the room of it can be come back to', async () => {
    await using relay = await UpgradingRelay.start(['--shutdown-grace', '300ms']);
    using receiver = await Client.connect(relay.port, { line: 'long:receiver:wait:retry:status\n' });
    using sender = await Client.connect(relay.port, { line: 'long:sender:retry:status\n' });
    await Promise.all([receiver.untilText('PAIRED'), sender.untilText('PAIRED')]);
    await relay.upgrade();
    expect(await receiver.finish()).toMatch(/DISCONNECT shutdown\n$/);
    expect(await sender.finish()).toMatch(/DISCONNECT shutdown\n$/);
    await relay.untilGone(relay.pids[0]!);
    // Without `wait`: only a room that is held lets it in.
    using back = await Client.connect(relay.port, { line: 'long:receiver:retry:status\n' });
    await back.untilText('WAITING');
    using other = await Client.connect(relay.port, { line: 'long:sender:retry:status\n' });
    await Promise.all([back.untilText('PAIRED'), other.untilText('PAIRED')]);
  });

  it('lets somebody come back to a held room', async () => {
    await using relay = await UpgradingRelay.start();
    using receiver = await Client.connect(relay.port, { line: 'held:receiver:wait:retry:key=k\n' });
    using sender = await Client.connect(relay.port, { line: 'held:sender:retry:key=k\nhi' });
    await receiver.untilText('hi');
    sender.reset();
    await receiver.finish();
    await relay.untilLogged('connection ended', 2);
    await relay.upgrade();
    using stranger = await Client.connect(relay.port, { line: 'held:receiver:retry\n' });
    expect(await stranger.finish()).toMatch(/^Invalid code or key/);
    using back = await Client.connect(relay.port, { line: 'held:receiver:retry:key=k:status\n' });
    await back.untilText('WAITING');
  });

  it('lets a newcomer with the key replace a connection that the old process still has', async () => {
    await using relay = await UpgradingRelay.start();
    using receiver = await Client.connect(relay.port, { line: 'key:receiver:wait:retry:key=k:status\n' });
    using sender = await Client.connect(relay.port, { line: 'key:sender:retry:key=k:status\n' });
    await Promise.all([receiver.untilText('PAIRED'), sender.untilText('PAIRED')]);
    await relay.upgrade();
    using newcomer = await Client.connect(relay.port, { line: 'key:sender:retry:key=k:status\n' });
    await newcomer.untilText('WAITING');
    expect(await receiver.finish()).toMatch(/DISCONNECT lost\n$/);
    using back = await Client.connect(relay.port, { line: 'key:receiver:retry:key=k:status\n' });
    await Promise.all([back.untilText('PAIRED'), newcomer.untilText('PAIRED')]);
    newcomer.write('new');
    await back.untilText('new');
    // What the old process says of the old pairing does not touch this one.
    await relay.untilGone(relay.pids[0]!);
    newcomer.write('er');
    await back.untilText('newer');
  });
});

describe('upgrade after upgrade', () => {
  it('three of them, with a transfer at full speed and people who come all the time: nobody is lost', () =>
    upgradesUnderWay(3));
});

describe.concurrent('an upgrade that cannot be', () => {
  it('a program that does not start any more: the old one goes on', async () => {
    await using folder = await brokenProgram();
    await using relay = await UpgradingRelay.start([], folder.program);
    using sender = await Client.connect(relay.port, { line: 'code:sender:status\n' });
    await sender.untilText('WAITING');
    await folder.breakIt();
    process.kill(relay.pid, 'SIGUSR2');
    const line = await relay.untilLogged('the upgrade failed, this relay goes on');
    expect(line['why']).toBe('the successor ended before it could run');
    using receiver = await Client.connect(relay.port, { line: 'code:receiver\nstill here' });
    await sender.untilText('PAIRED\nstill here');
    receiver.end();
  });

  it('an admin port that is taken by now: the old one goes on, and nobody who waits is lost', async () => {
    await using folder = await brokenProgram();
    const config = join(folder.path, 'relay.toml');
    await writeFile(config, 'admin-port = 0\n');
    await using relay = await UpgradingRelay.start(['--config', config]);
    using sender = await Client.connect(relay.port, { line: 'code:sender:status\n' });
    await sender.untilText('WAITING');
    using half = await Client.connect(relay.port, { line: 'half:sen' });
    // The settings are read anew. This port is the relay's own.
    await writeFile(config, `admin-port = ${relay.port}\n`);
    process.kill(relay.pid, 'SIGUSR2');
    await relay.untilLogged('the upgrade failed, this relay goes on');
    await eventually(() => expect(relay.stderr).toMatch(/^relay-server: port \d+ is already in use/m));
    await relay.untilLogged('admin listening', 2);
    using receiver = await Client.connect(relay.port, { line: 'code:receiver\nstill here' });
    await sender.untilText('PAIRED\nstill here');
    half.write('der:status\n');
    await half.untilText('WAITING');
    receiver.end();
    // And when it is right again, it can be.
    await writeFile(config, 'admin-port = 0\n');
    await relay.upgrade();
    await relay.untilLogged('admin listening', 3);
  });

  it('a relay that drains is not upgraded', async () => {
    await using relay = await UpgradingRelay.start();
    using receiver = await Client.connect(relay.port, { line: 'code:receiver:wait:status\n' });
    using sender = await Client.connect(relay.port, { line: 'code:sender\n' });
    await receiver.untilText('PAIRED');
    process.kill(relay.pid, 'SIGTERM');
    await relay.untilLogged('draining');
    process.kill(relay.pid, 'SIGUSR2');
    await relay.untilLogged('no upgrade now: this relay is on its way out');
    sender.end();
    await receiver.finish();
  });

  it('of two at once, there is one', async () => {
    await using relay = await UpgradingRelay.start();
    process.kill(relay.pid, 'SIGUSR2');
    await relay.untilLogged('upgrading');
    process.kill(relay.pid, 'SIGUSR2');
    await relay.untilLogged('no upgrade now: one is under way');
    relay.pids.push((await relay.untilLogged('handed over'))['successor'] as number);
    await relay.untilGone(relay.pids[0]!);
    expect(relay.lines.filter(({ msg }) => msg === 'upgrading')).toHaveLength(1);
    await relay.upgrade();
  });

  it('after an upgrade, a first signal to the old process leaves it its grace, a second ends it', async () => {
    await using relay = await UpgradingRelay.start(['--shutdown-grace', '1h']);
    using receiver = await Client.connect(relay.port, { line: 'code:receiver:wait:status\n' });
    using sender = await Client.connect(relay.port, { line: 'code:sender:status\n' });
    await receiver.untilText('PAIRED');
    await relay.upgrade();
    process.kill(relay.pids[0]!, 'SIGTERM');
    await relay.untilLogged('draining');
    sender.write('goes on');
    await receiver.untilText('goes on');
    process.kill(relay.pids[0]!, 'SIGTERM');
    expect(await receiver.finish()).toMatch(/DISCONNECT shutdown\n$/);
    await relay.untilGone(relay.pids[0]!);
    expect(relay.isAlive(relay.pid)).toBe(true);
  });
});

/** A program of its own that runs the relay, until it is broken as a bad installation would be. */
async function brokenProgram() {
  const folder = await mkdtemp(join(tmpdir(), 'relay-upgrade-'));
  const program = join(folder, 'relay-server.mjs');
  const main = new URL('../../dist/cli/server.js', import.meta.url).href;
  await writeFile(
    program,
    `import { main } from ${JSON.stringify(main)};\nprocess.exitCode = await main(process.argv, process.env);\n`,
  );
  return {
    path: folder,
    program,
    breakIt: () => writeFile(program, 'process.exit(3);\n'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
