import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listenPrivately } from '../../../src/ops/control/private-socket.js';

let directory = '';
let path = '';
const servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-socket-'));
  path = join(directory, 'control.sock');
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(directory, { recursive: true });
});

function server(): Server {
  const created = createServer((socket) => socket.on('error', () => undefined).end('hello'));
  servers.push(created);
  return created;
}

async function saidAt(at: string): Promise<string> {
  const socket = connect(at);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

const modeOf = (at: string): number => lstatSync(at).mode & 0o777;

it('is for its user alone, from the start, whatever the umask', async () => {
  const before = process.umask(0o000);
  try {
    const listening = server();
    // The first moment at which there is a file.
    const modes: number[] = [];
    listening.once('listening', () => {
      modes.push(...readdirSync(directory).map((name) => modeOf(join(directory, name))));
    });
    await listenPrivately(listening, path);
    expect(modes).toEqual([0o600]);
    expect(modeOf(path)).toBe(0o600);
    expect(process.umask(0o000)).toBe(0o000);
  } finally {
    process.umask(before);
  }
  expect(await saidAt(path)).toBe('hello');
});

it('takes the place of one whose process is gone', async () => {
  const old = server();
  await listenPrivately(old, path);
  await new Promise((resolve) => old.close(resolve));
  expect(lstatSync(path).isSocket()).toBe(true);
  await listenPrivately(server(), path);
  expect(await saidAt(path)).toBe('hello');
  expect(readdirSync(directory)).toEqual(['control.sock']);
});

it('does not take the place of one that listens', async () => {
  await listenPrivately(server(), path);
  await expect(listenPrivately(server(), path)).rejects.toThrow('another relay listens there');
  expect(await saidAt(path)).toBe('hello');
});

it('leaves alone what is no socket', async () => {
  writeFileSync(path, 'precious');
  const link = join(directory, 'link');
  symlinkSync('elsewhere', link);
  for (const at of [path, link]) {
    await expect(listenPrivately(server(), at)).rejects.toThrow(
      'something else is there, which is left alone',
    );
  }
  expect(readFileSync(path, 'utf8')).toBe('precious');
  expect(readdirSync(directory).sort()).toEqual(['control.sock', 'link']);
});

it('is removed at once, and not where another one has come', async () => {
  const first = await listenPrivately(server(), path);
  first.remove();
  expect(existsSync(path)).toBe(false);
  first.remove();
  const second = await listenPrivately(server(), path);
  first.remove();
  await new Promise((resolve) => servers[0]!.close(resolve));
  expect(await saidAt(path)).toBe('hello');
  second.remove();
  expect(readdirSync(directory)).toEqual([]);
});

it.each([
  ['a directory that is not there', () => join(directory, 'none', 'control.sock'), 'ENOENT'],
  ['a path that is too long', () => join(directory, 'x'.repeat(90)), 'longer than the 90 bytes'],
])('fails for %s', async (_, at, message) => {
  await expect(listenPrivately(createServer(), at())).rejects.toThrow(message);
  expect(readdirSync(directory)).toEqual([]);
});

it('is taken away once: what comes after it stays, even with the same number in the file system', async () => {
  const listening = server();
  const socket = await listenPrivately(listening, path);
  const later = join(directory, 'later.sock');
  linkSync(path, later);
  socket.remove();
  expect(existsSync(path)).toBe(false);
  renameSync(later, path);
  socket.remove();
  expect(existsSync(path)).toBe(true);
});
