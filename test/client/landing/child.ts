import { spawn, type ChildProcess } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const SOURCE = new URL('../../../src/', import.meta.url);
const PACKAGES = new URL('../../../node_modules', import.meta.url);
/** What a landing is made of, with all that it imports. */
const PARTS = ['client/landing', 'files', 'transfer', 'protocol'];

/**
 * A process of its own that lands the tree that is described by its arguments, as `treeOf` in there makes it. With
 * `die`, it kills itself right before its call number `die` to the file system.
 */
const PROGRAM = `
import fs from 'node:fs';
import { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { openLanding, planLanding, chainEntry } from './client/landing/landing.js';

const { cwd, nameplate, items, chunkBytes, die, wait, whenExists, uid } = JSON.parse(process.argv[2]);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
for (const item of items) item.bytes = item.fill === undefined ? undefined : Buffer.alloc(item.entry.size, item.fill);

let calls = 0;
function watch(object, names) {
  for (const name of names) {
    const original = object[name];
    object[name] = function (...parameters) {
      calls += 1;
      if (calls === die) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, parameters);
    };
  }
}
const probe = await fs.promises.open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();

const offer = {
  kind: 'files',
  names: [...new Set(items.map(({ entry }) => entry.path.split('/')[0]))],
  entries: items.length,
  bytes: items.reduce((sum, { entry }) => sum + entry.size, 0),
};
// Not before: this Node.js, and what is loaded, may be where that user does not come.
if (uid !== undefined) {
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}
try {
  const plan = await planLanding({ output: undefined, cwd, nameplate, offer, whenExists: whenExists ?? 'refuse' });
  process.stdout.write('ready\\n');
  watch(fs.promises, ['open', 'link', 'unlink', 'rename', 'mkdir', 'rmdir', 'rm', 'writeFile', 'truncate', 'lutimes']);
  watch(handle, ['write', 'writeFile', 'appendFile', 'sync', 'utimes', 'close']);
  watch(fs, ['openSync', 'writeSync', 'futimesSync', 'fsync', 'closeSync']);
  syncBuiltinESMExports();
  const landing = await openLanding(plan);
  if (wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  let { index, chain, offset, digest } = await landing.resumePoint();
  const ours = items.slice(0, index).reduce((sum, { entry }) => chainEntry(sum, entry), Buffer.alloc(32));
  const isSame = Buffer.compare(ours, chain) === 0 &&
    (digest === undefined || sha256(items[index].bytes.subarray(0, offset)).equals(digest));
  if (!isSame) throw new Error('what was kept is not what was sent');
  process.stdout.write('at ' + index + ' ' + offset + '\\n');
  for (; index < items.length; index += 1, offset = 0) {
    const { entry, bytes } = items[index];
    await landing.begin(entry, offset);
    for (let at = offset; at < entry.size; at += chunkBytes) await landing.write(bytes.subarray(at, at + chunkBytes));
    await landing.finish(bytes?.length);
  }
  await landing.verify();
  process.stdout.write('verified ' + calls + '\\n');
  await landing.complete();
} catch (error) {
  process.stderr.write((error.code ?? '') + ' ' + error.message + '\\n');
  process.exitCode = 1;
}
`;

interface ChildTask {
  readonly cwd: string;
  readonly nameplate: string;
  readonly items: readonly unknown[];
  readonly chunkBytes: number;
  readonly die?: number;
  /** Holds the landing open until it is killed. */
  readonly wait?: boolean;
  readonly whenExists?: string;
  /** Becomes this user before it looks at `cwd`. */
  readonly uid?: number;
}

/** What the child runs, by its path: compiled once for all of a process's tests. */
const compiled = new Map<string, Promise<string>>();

async function compile(path: string): Promise<string> {
  const source = await fs.readFile(new URL(path, SOURCE), 'utf8');
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

/** Puts what the child runs there. */
export async function buildChild(into: string): Promise<string> {
  await fs.writeFile(join(into, 'package.json'), '{"type":"module"}');
  await fs.symlink(PACKAGES, join(into, 'node_modules'));
  for (const part of PARTS) {
    for (const name of await fs.readdir(new URL(part, SOURCE), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const path = `${part}/${name}`;
      const text = compiled.get(path) ?? compile(path);
      compiled.set(path, text);
      const place = join(into, path.replace(/\.ts$/, '.js'));
      await fs.mkdir(dirname(place), { recursive: true });
      await fs.writeFile(place, await text);
    }
  }
  const program = join(into, 'child.js');
  await fs.writeFile(program, PROGRAM);
  return program;
}

interface ChildResult {
  readonly child: ChildProcess;
  /** Resolves when the child has written so. */
  readonly ready: Promise<void>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export function startChild(program: string, task: ChildTask): ChildResult {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { cwd: '/' });
  let stdout = '';
  let stderr = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      if (task.wait !== true || stdout.includes('ready')) resolve();
    });
    child.on('close', () => resolve());
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ready, ended };
}
