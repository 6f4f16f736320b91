import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Entry } from '../../transfer/entry.js';

/** Characters that are packed together. */
const BLOCK_CHARACTERS = 64 * 1024;

export interface Listed {
  readonly entry: Entry;
  readonly absolutePath: string;
  /** It cannot be sent, and that is known already. */
  readonly isUnreadable: boolean;
}

/**
 * What was found and offered, in order: what is sent is this, whatever has come to the tree or gone from it since. A
 * million entries take some 15 MB: each is kept under its name alone, and blocks of them are compressed.
 */
export class Listing {
  readonly #blocks: Buffer[] = [];
  /** Where each of the entries at the top is on the disk. */
  readonly #roots: string[] = [];
  #lines = '';

  /** In the order of a walk: each directory before what is in it. */
  add({ entry, absolutePath, isUnreadable }: Listed): void {
    const depth = depthOf(entry.path);
    if (depth === 0) this.#roots.push(absolutePath);
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    this.#lines += `${JSON.stringify([depth, isUnreadable, { ...entry, path: name }])}\n`;
    if (this.#lines.length < BLOCK_CHARACTERS) return;
    this.#blocks.push(deflateRawSync(this.#lines, { level: 1 }));
    this.#lines = '';
  }

  *[Symbol.iterator](): Generator<Listed> {
    const above: { readonly path: string; readonly absolutePath: string }[] = [];
    let root = 0;
    for (const line of this.#all()) {
      const [depth, isUnreadable, { path: name, ...rest }] = JSON.parse(line) as [number, boolean, Entry];
      const parent = depth === 0 ? undefined : above[depth - 1];
      const path = parent === undefined ? name : `${parent.path}/${name}`;
      const absolutePath =
        parent === undefined ? (this.#roots[root++] ?? '') : join(parent.absolutePath, name);
      above[depth] = { path, absolutePath };
      // JSON leaves out what is undefined.
      yield { entry: { ...rest, size: rest.size, path }, absolutePath, isUnreadable };
    }
  }

  *#all(): Generator<string> {
    for (const block of this.#blocks) yield* inflateRawSync(block).toString().split('\n').slice(0, -1);
    yield* this.#lines.split('\n').slice(0, -1);
  }
}

function depthOf(path: string): number {
  let depth = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth += 1;
  return depth;
}
