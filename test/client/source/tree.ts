import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { walk, type WalkOptions } from '../../../src/client/source/walk.js';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A new directory with these files; a name that ends in a slash is an empty directory. */
export function tree(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'source-')));
  chmodSync(root, 0o755);
  made.push(root);
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, content);
  }
  return root;
}

/** The paths of the entries, directories with a slash at the end. */
export async function pathsOf(paths: readonly string[], options?: WalkOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { entry } of walk(paths, options))
    found.push(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  return found;
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
