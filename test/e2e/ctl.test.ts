import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/server/ctl.js';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { RelayProcess } from '../helpers/process.js';

const CODE = 'Distinct-Code-471100047';
const KEY = 'Distinct-Key-081500047';

let directory = '';
let count = 0;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-ctl-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const newPath = (): string => join(directory, `${(count += 1)}.sock`);

const start = (path: string): Promise<RelayProcess> => RelayProcess.start(['--control', path]);

interface Said {
  readonly code: number | null;
  readonly said: string;
}

/** `relay-server ctl …`, in a process of its own: its exit code, and what it printed. */
async function ctlProcess(path: string, args: readonly string[]): Promise<Said> {
  await using process = await RelayProcess.run(['ctl', ...args], { RELAY_CONTROL: path });
  return { code: await process.exited(), said: process.stdout + process.stderr };
}

/** The same in this one, which is quicker. */
async function ctl(path: string, args: readonly string[]): Promise<Said> {
  const said: string[] = [];
  const collect = (): Writable =>
    new Writable({
      write(chunk: Buffer, _, done) {
        said.push(chunk.toString());
        done();
      },
    });
  const code = await main(args, { RELAY_CONTROL: path }, { stdout: collect(), stderr: collect() });
  return { code, said: said.join('') };
}

async function json(path: string, args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, said } = await ctl(path, [...args, '--json']);
  expect({ code, said }).toMatchObject({ code: 0 });
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.concurrent('relay-server ctl', () => {
  it('lists rooms in every state, and closes each of them; no code or key is told', async () => {
    const path = newPath();
    await using relay = await start(path);
    using held = await Client.connect(relay.port, { line: `${CODE}h:sender:retry:key=${KEY}\n` });
    using gone = await Client.connect(relay.port, { line: `${CODE}h:receiver:wait:status:key=${KEY}\n` });
    await gone.untilText('PAIRED\n');
    gone.reset();
    await held.finish();
    using sender = await Client.connect(relay.port, {
      line: `${CODE}p:sender:retry:key=${KEY}\n${'x'.repeat(2_000)}`,
    });
    using receiver = await Client.connect(relay.port, {
      line: `${CODE}p:receiver:wait:status:key=${KEY}\n`,
      localAddress: '127.0.0.9',
    });
    await receiver.until((client) => client.text.length > 2_000, 'all of it');
    using waiting = await Client.connect(relay.port, { line: `${CODE}w:sender:status:key=${KEY}\n` });
    await waiting.untilText('WAITING');

    const { code, said } = await ctlProcess(path, ['list']);
    expect(code).toBe(0);
    const lines = said.split('\n');
    expect(lines[0]).toMatch(/^ROOM +STATE +AGE +LEFT, RATE +MEMBER +SOURCE, NAME +SENT +GOT$/);
    expect(lines[1]).toMatch(
      /^[\w-]{12} {2}paired +\d+s +[\d.]+ k?B\/s {2}sender +127\.0\.0\.1 +2\.0 kB +0 B$/,
    );
    expect(lines[2]).toMatch(/^ {30,}receiver {2}127\.0\.0\.9 +0 B +2\.0 kB$/);
    expect(lines[3]).toMatch(/^[\w-]{12} {2}waiting +\d+s +(9m \d+s|10m) {2}sender +127\.0\.0\.1 +0 B +0 B$/);
    expect(lines[4]).toMatch(/^[\w-]{12} {2}held +\d+s +(1m \d+s|2m)$/);
    expect(lines.slice(5)).toEqual(['', '3 rooms: 1 paired, 1 waiting, 1 held.', '']);

    const rooms = (await json(path, ['list'])).slice(0, -1).map(({ room }) => String(room));
    const first = await ctl(path, ['kill', rooms[0]!.slice(0, 10)]);
    expect(first).toEqual({ code: 0, said: `Closed ${rooms[0]}: it was paired, 2 members.\n` });
    expect(await receiver.finish()).toMatch(/xDISCONNECT operator\n$/);
    expect(await sender.finish()).toBe('DISCONNECT\n');
    expect((await ctl(path, ['kill', rooms[1]!])).code).toBe(0);
    expect(await waiting.finish()).toMatch(/\nERROR room-closed Room closed by the operator\.\n$/);
    expect((await ctl(path, ['kill', rooms[2]!])).said).toMatch(/: it was held, 0 members\.\n$/);
    expect(await ctl(path, ['list'])).toEqual({ code: 0, said: 'No rooms.\n' });
    const missing = 'relay-server ctl: no room has a name that begins so.\n';
    expect(await ctl(path, ['kill', rooms[2]!])).toEqual({ code: 1, said: missing });

    const ended = await relay.untilEnded(5);
    expect(
      ended
        .map((line) => line['ending'])
        .sort()
        .slice(2),
    ).toEqual(['operator', 'operator', 'room-closed']);
    expect(relay.stdout + relay.stderr + said + rooms.join()).not.toMatch(/Distinct|471100047|081500047/i);
  });

  it('blocks a source and lets it in again', async () => {
    const path = newPath();
    await using relay = await start(path);
    const told = async (): Promise<string> => {
      using client = await Client.connect(relay.port, { line: 'a:receiver\n', localAddress: '127.0.0.66' });
      return await client.finish();
    };
    expect(await ctl(path, ['block', '127.0.0.66', '--for', '1h'])).toEqual({
      code: 0,
      said: '127.0.0.66 is blocked for 1 h, or until the relay ends. The rooms that it is in go on.\n',
    });
    expect(await told()).toMatch(/^Too many failed attempts from your address/);
    const { said } = await ctl(path, ['list', '--blocked']);
    expect(said).toMatch(/^SOURCE +LEFT\n127\.0\.0\.66 +(1h|59m \d+s)\n$/);
    const unblocked = await ctl(path, ['unblock', '127.0.0.66']);
    expect(unblocked).toEqual({ code: 0, said: '127.0.0.66 is let in again.\n' });
    expect(await told()).toMatch(/^Invalid code or key/);
    await eventually(() => {
      const commanded = relay.lines.filter(({ msg }) => msg === 'commanded');
      expect(commanded).toMatchObject([
        { command: 'block', source: '127.0.0.66', forMs: 3_600_000 },
        { command: 'unblock', source: '127.0.0.66', wasBlocked: true },
      ]);
    });
  });

  it('drains as SIGTERM does, and comes back at once', async () => {
    const path = newPath();
    await using relay = await start(path);
    using receiver = await Client.connect(relay.port, { line: 'a:receiver:wait\n' });
    using sender = await Client.connect(relay.port, { line: 'a:sender\nfirst, ' });
    await receiver.untilText('first');
    expect(await ctl(path, ['drain'])).toEqual({
      code: 0,
      said: 'The relay is draining: nobody new gets in. 1 transfer may go on for 30 s.\n',
    });
    await relay.untilLogged('draining');
    expect(await ctl(path, ['drain'])).toEqual({ code: 0, said: 'It is draining already.\n' });
    expect((await ctl(path, ['stats'])).said).toMatch(/^up +\d+ s, draining$/m);
    sender.end('then all of it');
    expect(await receiver.finish()).toBe('first, then all of itDISCONNECT\n');
    await sender.finish();
    expect(await relay.exited()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('tells what the relay does', async () => {
    const path = newPath();
    await using relay = await start(path);
    using refused = await Client.connect(relay.port, { line: 'a:receiver\n' });
    await refused.finish();
    await relay.untilEnded(1);
    const { said } = await ctl(path, ['stats']);
    expect(said).toMatch(
      /^connections +0 open, 1 in all, \d+(\.\d)?\/s\nrooms +0 paired, 0 waiting, 0 held$/m,
    );
    expect(said).toMatch(/^refused +1 invalid-code\nlockouts +0$/m);
    const [stats] = await json(path, ['stats']);
    expect(stats).toMatchObject({
      draining: false,
      connections: 0,
      connectionsTotal: 1,
      rooms: { waiting: 0, paired: 0, held: 0 },
      refusals: { 'invalid-code': 1, 'server-full': 0 },
      lockouts: 0,
      blockedSources: 0,
    });
  });

  it('reloads nothing where there is nothing, as SIGHUP does', async () => {
    const path = newPath();
    await using relay = await start(path);
    expect((await ctl(path, ['reload'])).said).toMatch(/^Nothing to reload/);
    relay.kill('SIGHUP');
    await eventually(() => {
      expect(relay.lines.filter(({ msg }) => msg === 'reloaded')).toHaveLength(2);
    });
  });
});

describe.concurrent('the socket', () => {
  it('is for its user alone, and takes the place of one that a dead relay left', async () => {
    const path = newPath();
    await using dead = await start(path);
    dead.kill('SIGKILL');
    await dead.exited();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    await using relay = await start(path);
    expect(await ctl(path, ['list'])).toEqual({ code: 0, said: 'No rooms.\n' });
    relay.kill('SIGTERM');
    expect(await relay.exited()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('of a relay that lives is not taken', async () => {
    const path = newPath();
    await using relay = await start(path);
    await using second = await RelayProcess.run(['--port', '0', '--host', '127.0.0.1', '--control', path]);
    expect(await second.exited()).toBe(1);
    expect(second.stderr).toBe(
      `relay-server: cannot listen on the socket ${path}: another relay listens there. Choose another path with --control.\n`,
    );
    expect(await ctl(path, ['list'])).toMatchObject({ code: 0 });
    expect(relay.stderr).toBe('');
  });

  it('is made where systemd says, unless another path is given', async () => {
    const runtime = mkdtempSync(join(directory, 'run-'));
    await using relay = await RelayProcess.start([], { RUNTIME_DIRECTORY: runtime });
    const path = join(runtime, 'control.sock');
    expect(relay.lines.find(({ msg }) => msg === 'control listening')?.['path']).toBe(path);
    expect(await ctl(path, ['list'])).toEqual({ code: 0, said: 'No rooms.\n' });
  });

  it.each([
    ['there is no directory for the socket', () => join(directory, 'none', 'a.sock')],
    ['something else is there, which is left alone', () => directory],
    ['the path is longer than the 90 bytes', () => join(directory, 'x'.repeat(90))],
  ])('keeps a relay from its start where %s', async (why, at) => {
    await using relay = await RelayProcess.run(['--port', '0', '--host', '127.0.0.1', '--control', at()]);
    expect(await relay.exited()).toBe(1);
    expect(relay.stderr).toMatch(/^relay-server: [^\n]+ with --control\.\n$/);
    expect(relay.stderr).toContain(why);
  });
});

describe.concurrent('relay-server ctl fails in one line', () => {
  it('where no relay is', async () => {
    const path = newPath();
    expect(await ctlProcess(path, ['list'])).toEqual({
      code: 1,
      said: `relay-server ctl: no relay is commanded at ${path}. Does it run, and with --control? Name its path with --control here too.\n`,
    });
  });

  it('where something else is', async () => {
    const path = newPath();
    writeFileSync(path, '');
    const { code, said } = await ctl(path, ['list']);
    expect(code).toBe(1);
    expect(said).toMatch(/^relay-server ctl: [^\n]+\n$/);
  });

  it('for bad usage', async () => {
    expect(await ctlProcess('/x', ['explode'])).toEqual({
      code: 2,
      said: 'relay-server ctl: "explode" is no command. It is one of list, kill, drain, block, unblock, reload, stats. See relay-server ctl --help.\n',
    });
  });
});
