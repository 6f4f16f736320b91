import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, type RoomReport } from '../../../src/index.js';
import { type Control, startControl } from '../../../src/ops/control/control.js';
import type { ControlSource } from '../../../src/ops/control/commands.js';

let directory = '';
const opened: Control[] = [];
const sockets: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-control-'));
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((control) => control.close()));
  rmSync(directory, { recursive: true });
});

interface Started {
  readonly control: Control;
  readonly commands: unknown[];
  readonly errors: unknown[];
  readonly drains: () => number;
}

async function start(changes: Partial<ControlSource> = {}, requestTimeoutMs?: number): Promise<Started> {
  const commands: unknown[] = [];
  const errors: unknown[] = [];
  let drains = 0;
  const source: ControlSource = {
    relay: createRelay(),
    stats: () => Promise.reject(new Error('no stats here')),
    drain: () => void (drains += 1),
    graceMs: 30_000,
    reload: () => Promise.resolve([{ name: 'certificate' }]),
    onCommand: (command, result) => commands.push([command, result]),
    ...changes,
  };
  const control = await startControl({
    path: join(directory, 'control.sock'),
    source,
    onError: (error) => errors.push(error),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  opened.push(control);
  return { control, commands, errors, drains: () => drains };
}

async function ask({ control }: Started, path: string, method = 'POST') {
  const outgoing = request({ socketPath: control.path, path, method, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = await text(response);
  const lines = body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
  return { status: response.statusCode, lines };
}

async function raw({ control }: Started): Promise<Socket> {
  const socket = connect(control.path);
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'connect');
  return socket;
}

function room(index: number): RoomReport {
  return { room: `room-${index}`, state: 'waiting', ageMs: 1, leftMs: 2, members: [] };
}

/** A relay with so many rooms. */
function withRooms(count: number, onRoom: () => void = () => undefined): Pick<ControlSource, 'relay'> {
  return {
    relay: {
      ...createRelay(),
      rooms: { waiting: count, paired: 0, held: 0 },
      *list() {
        for (let index = 0; index < count; index += 1) {
          onRoom();
          yield room(index);
        }
      },
    },
  };
}

describe('list', () => {
  it('has a line for each room, and behind them how many there are', async () => {
    const started = await start(withRooms(2));
    const rooms = { waiting: 2, paired: 0, held: 0 };
    expect(await ask(started, '/list', 'GET')).toEqual({
      status: 200,
      lines: [room(0), room(1), { rooms, listed: 2, leftOut: 0 }],
    });
    expect(await ask(started, '/list?limit=1', 'GET')).toEqual({
      status: 200,
      lines: [room(0), { rooms, listed: 1, leftOut: 1 }],
    });
  });

  it('has 1,000 rooms at most unless more are asked for', async () => {
    const started = await start(withRooms(1_500));
    expect((await ask(started, '/list', 'GET')).lines.at(-1)).toMatchObject({ listed: 1_000, leftOut: 500 });
    expect((await ask(started, '/list?limit=9999', 'GET')).lines).toHaveLength(1_501);
  });

  it('lets the event loop turn while it lists many', async () => {
    let turns = 0;
    let most = 0;
    let sinceTurn = 0;
    const turn = (): void => {
      turns += 1;
      sinceTurn = 0;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    const onRoom = (): void => void (most = Math.max(most, (sinceTurn += 1)));
    const started = await start(withRooms(20_000, onRoom));
    expect((await ask(started, '/list?limit=20000', 'GET')).lines).toHaveLength(20_001);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(200);
  });

  it('stops where nobody reads it any more, which is no error', async () => {
    let told = 0;
    const started = await start(withRooms(5_000_000, () => (told += 1)));
    const socket = await raw(started);
    socket.write('GET /list?limit=9999999 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await started.control.close();
    expect(told).toBeLessThan(5_000_000);
    expect(started.errors).toEqual([]);
  });

  it.each(['-1', 'x', '', '1e9', '99999999999999999'])('takes no limit of %j', async (limit) => {
    const answer = await ask(await start(), `/list?limit=${limit}`, 'GET');
    expect(answer).toMatchObject({ status: 400, lines: [{ error: 'bad-limit' }] });
  });
});

describe('commands', () => {
  it('block, list and let in sources, and tell so', async () => {
    const started = await start();
    expect(await ask(started, '/block?source=2001:db8::7&for=60000')).toEqual({
      status: 200,
      lines: [{ source: '2001:db8::/64', leftMs: 60_000 }],
    });
    expect(await ask(started, '/blocked', 'GET')).toMatchObject({ lines: [{ source: '2001:db8::/64' }] });
    const result = { source: '2001:db8::/64', wasBlocked: true };
    expect((await ask(started, '/unblock?source=2001:db8::/64')).lines).toEqual([result]);
    expect(await ask(started, '/blocked', 'GET')).toEqual({ status: 200, lines: [] });
    expect(started.commands).toEqual([
      ['block', { source: '2001:db8::/64', forMs: 60_000 }],
      ['unblock', result],
    ]);
  });

  it.each([
    ['/block', 'bad-source'],
    ['/block?source=x', 'bad-source'],
    ['/unblock?source=10.0.0.0/8', 'bad-source'],
    ['/block?source=10.0.0.1&for=0', 'bad-time'],
    ['/block?source=10.0.0.1&for=10m', 'bad-time'],
    ['/block?source=10.0.0.1&for=2147483648', 'bad-time'],
    ['/kill?room=abcd&force=1', 'unknown-parameter'],
  ])('refuse %s: %s', async (path, error) => {
    const started = await start();
    expect(await ask(started, path)).toMatchObject({ status: 400, lines: [{ error }] });
    expect(started.commands).toEqual([]);
  });

  it.each([
    [{ kind: 'closed', room: 'abcd', state: 'paired', members: 2 }, 200, { room: 'abcd', members: 2 }],
    [{ kind: 'unknown' }, 404, { error: 'no-such-room' }],
    [{ kind: 'ambiguous', rooms: ['ab1', 'ab2'] }, 409, { error: 'ambiguous', rooms: ['ab1', 'ab2'] }],
  ] as const)('close a room: %j', async (closing, status, line) => {
    const asked: string[] = [];
    const closeRoom = (name: string) => {
      asked.push(name);
      return closing;
    };
    const started = await start({ relay: { ...createRelay(), closeRoom } });
    expect(await ask(started, '/kill?room=-_ab')).toMatchObject({ status, lines: [line] });
    expect(asked).toEqual(['-_ab']);
    expect(started.commands).toHaveLength(status === 200 ? 1 : 0);
  });

  it('drain', async () => {
    const started = await start();
    const rooms = { waiting: 0, paired: 0, held: 0 };
    const lines = [{ wasDraining: false, rooms, graceMs: 30_000 }];
    expect(await ask(started, '/drain')).toEqual({ status: 200, lines });
    expect(started.drains()).toBe(1);
  });

  it('do not drain a relay that drains: a second signal would end it', async () => {
    const started = await start({ relay: { ...createRelay(), draining: true } });
    expect((await ask(started, '/drain')).lines).toMatchObject([{ wasDraining: true }]);
    expect(started.drains()).toBe(0);
  });

  it('reload', async () => {
    expect((await ask(await start(), '/reload')).lines).toEqual([{ parts: [{ name: 'certificate' }] }]);
  });
});

describe('what is no command', () => {
  it.each([
    ['GET', '/', 404, 'unknown-command'],
    ['GET', '/list/', 404, 'unknown-command'],
    ['GET', '//', 404, 'unknown-command'],
    ['POST', '/explode', 404, 'unknown-command'],
    ['GET', '/kill?room=abcd', 405, 'wrong-method'],
    ['GET', '/drain', 405, 'wrong-method'],
    ['POST', '/list', 405, 'wrong-method'],
  ])('%s %s is answered with %i', async (method, path, status, error) => {
    const started = await start();
    expect(await ask(started, path, method)).toMatchObject({ status, lines: [{ error }] });
    expect(started.commands).toEqual([]);
    expect(started.drains()).toBe(0);
  });

  it('does no harm: nothing, half of something, too much of it, and nonsense', async () => {
    const started = await start({}, 200);
    const clients = await Promise.all(Array.from({ length: 4 }, () => raw(started)));
    // What is cut off within a request may be a reset.
    const closed = clients.map(
      (client) =>
        new Promise((resolve) =>
          client
            .resume()
            .on('error', () => undefined)
            .once('close', resolve),
        ),
    );
    clients[1]!.write('POST /drain HTTP/1.1\r\nHo');
    clients[2]!.write(`POST /drain HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
    clients[3]!.write('drain\n');
    expect(await ask(started, '/blocked', 'GET')).toMatchObject({ status: 200 });
    await Promise.all(closed);
    expect(started.drains()).toBe(0);
    expect(started.errors).toEqual([]);
  });
});

it('an error of ours is told, and its answer is cut off', async () => {
  const started = await start();
  await expect(ask(started, '/stats', 'GET')).rejects.toThrow('socket hang up');
  expect(started.errors).toMatchObject([{ message: 'no stats here' }]);
  expect(await ask(started, '/blocked', 'GET')).toMatchObject({ status: 200 });
});

it('is gone at once when it closes, though somebody is connected', async () => {
  const started = await start();
  const client = await raw(started);
  const closing = started.control.close();
  expect(existsSync(started.control.path)).toBe(false);
  await Promise.all([closing, once(client.resume(), 'close')]);
});
