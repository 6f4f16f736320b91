import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { OwnProcess } from '../helpers/own-process.js';
import { startRelay } from '../helpers/relay.js';
import { ONE_SENTENCE, Tool } from '../helpers/tools.js';
import { plant, scratch } from '../helpers/transfer.js';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));
const CODE = '7401-olive-basic';
const env = (relay: { readonly port: number }) => ({
  RELAY_ADDRESS: `127.0.0.1:${relay.port}`,
  RELAY_CODE: CODE,
});

/** A shell's line, in which `$S` is relay-send and `$R` relay-receive. */
function shell(line: string, more: NodeJS.ProcessEnv = {}): OwnProcess {
  const at = (name: string): string => `exec ${process.execPath} ${BIN}relay-${name}.js`;
  return new OwnProcess(['sh', '-c', line], {
    env: {
      ...process.env,
      RELAY_CODE: undefined,
      RELAY_TOKEN: undefined,
      S: at('send'),
      R: at('receive'),
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const told = (tool: OwnProcess): Promise<void> => eventually(() => expect(tool.stderr).toMatch(/^Code: /m));

/** A block device over a file; undefined where this user or machine can make none. */
function blockDevice(image: string): (Disposable & { readonly path: string }) | undefined {
  try {
    const path = execFileSync('losetup', ['--find', '--show', image], { stdio: 'pipe' }).toString().trim();
    return { path, [Symbol.dispose]: () => void execFileSync('losetup', ['--detach', path]) };
  } catch {
    return undefined;
  }
}

describe.skipIf(process.platform === 'win32')('standard input and output', () => {
  it.each([
    ['$S - < /'],
    ['$S - < /dev/zero'],
    ['$S --json - < /'],
    ['$R --yes --output - 1< /'],
    ['$R --yes --output - > /dev/zero'],
  ])('%s is bad usage: one line, exit 2, and nobody is asked', async (line) => {
    // Nothing listens there.
    await using tool = shell(line, { RELAY_ADDRESS: '127.0.0.1:1', RELAY_CODE: CODE });
    expect(await tool.exited()).toBe(2);
    if (line.includes('--json'))
      expect(JSON.parse(tool.stderr)).toMatchObject({ event: 'error', code: 'usage' });
    else expect(tool.stderr).toMatch(ONE_SENTENCE);
  });

  it.each([
    ['/dev/null, which is empty', '< /dev/null', Buffer.alloc(0)],
    ['/dev/null, as Node and Python open it', '<> /dev/null', Buffer.alloc(0)],
    ['a closed one, which is empty', '<&-', Buffer.alloc(0)],
    ['a file', '< in', randomBytes(300_000)],
  ])('%s is sent as it is', async (_what, from, bytes) => {
    await using relay = await startRelay();
    await using dir = await scratch();
    await plant(dir.path, { in: bytes });
    await using sender = shell(`cd ${dir.path}; $S - ${from}`, env(relay));
    await told(sender);
    await using receiver = shell(`$R --yes --output - > ${dir.path}/out`, env(relay));
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect((await readFile(`${dir.path}/out`)).equals(bytes)).toBe(true);
  });

  it.each([
    ['/dev/null', '> /dev/null'],
    ['/dev/null, as Node and Python open it', '1<> /dev/null'],
    ['a closed one', '>&-'],
  ])('%s takes everything', async (_what, to) => {
    await using relay = await startRelay();
    await using sender = new Tool('relay-send', ['-'], { env: env(relay), input: randomBytes(300_000) });
    await sender.code();
    await using receiver = shell(`$R --yes --output - ${to}`, env(relay));
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
  });

  it('a socket is read to its end', async () => {
    await using relay = await startRelay();
    const bytes = randomBytes(300_000);
    const server = createServer((socket) => socket.end(bytes)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
    await once(socket, 'connect');
    await using sender = new OwnProcess([process.execPath, `${BIN}relay-send.js`, '-'], {
      env: { ...process.env, ...env(relay) },
      stdio: [socket, 'ignore', 'pipe'],
    });
    socket.destroy();
    server.close();
    await told(sender);
    await using receiver = new Tool('relay-receive', ['--yes', '--output', '-'], { env: env(relay) });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.equals(bytes)).toBe(true);
  });

  it('a stream of several times what the sender keeps arrives whole', { timeout: 120_000 }, async () => {
    await using relay = await startRelay();
    // Some 200 MiB.
    const numbers = 'seq 24000000';
    await using sender = shell(`${numbers} | ($S -)`, env(relay));
    await told(sender);
    await using receiver = shell('($R --yes --output -) | cksum', env(relay));
    let sum = '';
    receiver.child.stdout?.on('data', (chunk: Buffer) => (sum += chunk.toString()));
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(sum).toBe(execFileSync('sh', ['-c', `${numbers} | cksum`]).toString());
  });

  it('what a full disk takes a part of is an error, and nobody says verified', async () => {
    await using relay = await startRelay();
    await using dir = await scratch();
    // One piece, and a part of it is taken: the file may have 100 blocks of 512 bytes.
    const input = randomBytes(60_000);
    await using sender = new Tool('relay-send', ['-'], { env: env(relay), input });
    await sender.code();
    await using receiver = shell(`ulimit -f 100; $R --yes --output - > ${dir.path}/out`, env(relay));
    expect([await sender.exited(), await receiver.exited()]).toEqual([1, 1]);
    expect(receiver.stderr + sender.stderr).not.toMatch(/verified/i);
    expect(receiver.stderr).toContain('Standard output cannot be written to');
  });

  it('a text for which there is no place is an error', async () => {
    await using relay = await startRelay();
    await using sender = new Tool('relay-send', ['--text', 'see you at eight'], { env: env(relay) });
    await sender.code();
    await using receiver = shell('$R --yes 1< /', env(relay));
    expect([await sender.exited(), await receiver.exited()]).toEqual([1, 1]);
    expect(receiver.stderr).toContain('standard output is a directory');
  });

  it('block devices are read and written, and one that is too small is an error', async (context) => {
    await using dir = await scratch();
    const [bytes, other] = [randomBytes(4 << 20), Buffer.alloc(4 << 20)];
    await plant(dir.path, { from: bytes, to: other, small: other.subarray(0, 1 << 20) });
    using from = blockDevice(`${dir.path}/from`);
    using to = blockDevice(`${dir.path}/to`);
    using small = blockDevice(`${dir.path}/small`);
    if (from === undefined || to === undefined || small === undefined)
      return context.skip('only root can make a block device, and not everywhere');
    await using relay = await startRelay();
    const transfer = async (target: string) => {
      await using sender = shell(`$S - < ${from.path}`, env(relay));
      await told(sender);
      await using receiver = shell(`$R --yes --output - > ${target}`, env(relay));
      return [await sender.exited(), await receiver.exited(), receiver.stderr];
    };
    expect(await transfer(to.path)).toMatchObject([0, 0, expect.stringContaining('verified') as string]);
    expect((await readFile(to.path)).equals(bytes)).toBe(true);
    expect(await transfer(small.path)).toMatchObject([1, 1, expect.stringContaining('no space') as string]);
  });
});
