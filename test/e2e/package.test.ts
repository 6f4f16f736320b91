import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What npm-shrinkwrap.json has. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>;
}

/** What somebody writes who has only the package. */
const SCRIPT = `
import { once } from 'node:events';
import { connect } from 'node:net';
import { createRelay } from 'relay-server';

await using(async (relay) => {
  const { port } = await relay.start();
  if (relay.address.port !== port) throw new Error('no address');
  const receiver = connect(port, '127.0.0.1', () => receiver.write('a:receiver:wait\\n')).setEncoding('utf8');
  const sender = connect(port, '127.0.0.1', () => sender.end('a:sender\\nhello')).resume();
  let text = '';
  for await (const part of receiver) text += part;
  process.stdout.write(JSON.stringify(text));
});

async function using(work) {
  const relay = createRelay({ port: 0, host: '127.0.0.1' });
  try {
    await work(relay);
  } finally {
    await relay.close();
  }
}
`;

describe('the package', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relay-package-'));
    // Without scripts: what was built before is what is packed.
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
    const [tarball] = await readdir(folder);
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    // Offline, with no cache: all that it needs is in it.
    const cut = ['--offline', '--cache', join(folder, 'no-cache'), '--no-audit', '--no-fund'];
    await run('npm', ['install', ...cut, join(folder, tarball!)], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('brings a relay-server that runs, listens and stops', async () => {
    const child = spawn('npx', ['--no-install', 'relay-server', '--port', '0', '--host', '127.0.0.1'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own: npx puts a shell between.
      detached: true,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const closed = once(child, 'close');
    try {
      await eventually(() => expect(stdout).toContain('"msg":"listening"'));
    } finally {
      process.kill(-child.pid!, 'SIGTERM');
    }
    await closed;
    expect(stdout).toContain('"msg":"stopped"');
  });

  it('is a library that starts, reports its address, relays and closes', async () => {
    await writeFile(join(folder, 'use.js'), SCRIPT);
    const { stdout, stderr } = await run(process.execPath, ['use.js'], { cwd: folder });
    expect([JSON.parse(stdout), stderr]).toEqual(['helloDISCONNECT\n', '']);
  });

  it('holds what it needs and none of the sources', async () => {
    const files = await readdir(join(folder, 'node_modules/relay-server'));
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'bin', 'dist', 'package.json']));
    expect(files).not.toContain('src');
    expect(files).not.toContain('test');
  });

  it('pins what it depends on: the very versions that are tested here, and none that only build or test', async () => {
    const installed = join(folder, 'node_modules/relay-server');
    const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Lock;
    const { packages } = await read(join(installed, 'npm-shrinkwrap.json'));
    const wanted = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    expect(wanted.length).toBeGreaterThan(20);
    for (const [path, { version }] of wanted)
      expect(await read(join(installed, path, 'package.json'))).toHaveProperty('version', version);
    expect(await readdir(join(installed, 'node_modules'))).not.toContain('typescript');
    expect((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
      'relay-server',
    ]);
  });
});
