import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { HAS_PROC, openFiles } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';
import { LIMITS_OFF } from './limits-off.js';
import { UnderWay } from './under-way.js';

const CLOCK = new URL('clock.js', import.meta.url).href;
const FREE = ['--port', '0', '--host', '127.0.0.1'];
const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

async function start(args: readonly string[], nodeArgs: readonly string[] = []): Promise<RelayProcess> {
  const relay = new RelayProcess([...FREE, ...args], {}, nodeArgs);
  await relay.untilLogged('listening');
  return relay;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Comes, waits and is lost; the time that its line in the log has. */
async function loggedTime(relay: RelayProcess, code: string): Promise<number> {
  const before = relay.lines.length;
  const client = await Client.connect(relay.port, { line: `${code}:sender:status\n` });
  await client.untilText('WAITING');
  client.reset();
  const line = await eventually(() => {
    const ended = relay.lines.slice(before).find(({ msg }) => msg === 'connection ended');
    if (ended === undefined) throw new Error(relay.stdout);
    return ended;
  });
  return Date.parse(line['time'] as string);
}

it('a clock that steps an hour either way ends no room, no transfer and no block', async () => {
  const off = ['--rate-limit-ip', '0', '--rate-limit-code', '0'];
  await using relay = await start([...off, '--lockout-attempts', '1'], ['--import', CLOCK]);
  using transfer = await UnderWay.begin(relay.port, 'clock');
  using waiting = await Client.connect(relay.port, { line: 'clock-waits:receiver:wait:status\n' });
  await waiting.untilText('WAITING 600\n');
  // One attempt is enough, and it holds for ten minutes.
  const guess = async (): Promise<string> =>
    (await Client.connect(relay.port, { line: 'clock-blocked:receiver\n' })).finish();
  expect(await guess()).toMatch('temporarily blocked');
  const held = async (role: string): Promise<Client> =>
    Client.connect(relay.port, { line: `clock-held:${role}:retry:status:key=k\n` });
  const first = await held('sender');
  await first.untilText('WAITING');
  const second = await held('receiver');
  await second.untilText('PAIRED');
  second.reset();
  await first.finish();

  let before = await loggedTime(relay, 'clock-0');
  for (const hours of [1, -2, 1]) {
    relay.kill('SIGWINCH');
    const stepped = await eventually(async () => {
      const time = await loggedTime(relay, 'clock-step');
      if (Math.abs(time - before) < 1_800_000) throw new Error('the clock has not stepped');
      return time;
    });
    expect(Math.round((stepped - before) / 3_600_000)).toBe(hours);
    before = stepped;
    await transfer.untilMore();
    expect(waiting.ended).toBe(false);
    expect(await guess()).toMatch('temporarily blocked');
  }
  // The room is still held, and its two come back.
  using back = await held('receiver');
  await back.untilText('WAITING');
  using also = await held('sender');
  await also.untilText('PAIRED');
  using sender = await Client.connect(relay.port, { line: 'clock-waits:sender:status\n' });
  await waiting.untilText('PAIRED');
  sender.reset();
  await transfer.expectWhole();
  expect(relay.stderr).toBe('');
});

it('a relay that is stopped for longer than its idle time goes on where it was', async () => {
  await using relay = await start([...LIMITS_OFF, '--idle-timeout', '2s']);
  using transfer = await UnderWay.begin(relay.port, 'stopped');
  using late = await Client.connect(relay.port, { line: 'stopped-late:receiver:wait:status\n' });
  await late.untilText('WAITING');
  for (let times = 0; times < 3; times += 1) {
    relay.kill('SIGSTOP');
    await pause(3_000);
    relay.kill('SIGCONT');
    await transfer.untilMore();
  }
  expect(late.ended).toBe(false);
  await transfer.expectWhole();
});

it('with a small heap: a thousand who wait, pairs that stall, and a transfer that is whole', async () => {
  await using relay = await start(LIMITS_OFF, ['--max-old-space-size=24']);
  const clients: Client[] = [];
  const come = async (line: string): Promise<Client> => {
    const localAddress = `127.4.${1 + (clients.length % 50)}.1`;
    const client = await Client.connect(relay.port, { line, localAddress });
    clients.push(client);
    return client;
  };
  try {
    for (let n = 0; n < 1_000; n += 1) await come(`heap-${n}:sender\n${'early '.repeat(1_000)}`);
    for (let n = 0; n < 20; n += 1) {
      const receiver = await come(`heap-stalled-${n}:receiver:wait\n`);
      receiver.socket.pause();
      (await come(`heap-stalled-${n}:sender\n`)).write(Buffer.alloc(8 * 1024 * 1024));
    }
    using transfer = await UnderWay.begin(relay.port, 'heap', 256 * 1024 * 1024);
    await transfer.expectWhole();
    expect(relay.child.exitCode).toBeNull();
    expect(relay.stderr).toBe('');
  } finally {
    for (const client of clients) client.reset();
  }
});

it.runIf(HAS_PROC && HAS_PRLIMIT)(
  'open files that are taken away while it runs: the transfer goes on, and newcomers are let in later',
  async () => {
    await using relay = await start(LIMITS_OFF);
    using transfer = await UnderWay.begin(relay.port, 'files');
    const limit = (files: number): void => {
      spawnSync('prlimit', ['--pid', `${relay.pid}`, `--nofile=${files}:20000`]);
    };
    limit(openFiles(relay.pid) + 10);
    const crowd = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        Client.connect(relay.port, { line: `files-${n}:receiver:wait:status\n` }),
      ),
    );
    // Some are in; the others are closed without a word, since there is no file left to say it with.
    await eventually(() => {
      const undecided = crowd.filter(({ text, closed, ended }) => text === '' && !closed && !ended);
      if (undecided.length > 0) throw new Error(`${undecided.length} hang`);
    });
    expect(crowd.filter(({ text }) => text.startsWith('WAITING')).length).toBeGreaterThan(5);
    await transfer.untilMore();
    limit(20_000);
    using late = await Client.connect(relay.port, { line: 'files-late:receiver:wait:status\n' });
    await late.untilText('WAITING');
    for (const client of crowd) client[Symbol.dispose]();
    await transfer.expectWhole();
    expect(relay.stderr).toBe('');
    expect(relay.lines.filter(({ msg }) => msg === 'fault')).toEqual([]);
  },
);
