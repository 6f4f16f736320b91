import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry, Offer } from '../entry.js';
import { Prompt } from '../landing/prompt.js';
import { describe } from './describe.js';
import { unreadable } from './errors.js';
import { topLevels, type TopLevel } from './top-level.js';

/** How many entries of a directory are looked at together: enough to keep the file system's threads busy. */
const BATCH = 64;

const disk = new Prompt();

export type Found = TopLevel;

export interface WalkOptions {
  /** Told of each link, device, socket and pipe inside a directory: they are left out. */
  readonly onSkipped?: (absolutePath: string) => void;
  /** Also try whether every file may be read. */
  readonly checkReadable?: boolean;
}

/** A directory that the walk is in: the names that are still to be looked at, from `next` on. */
interface Level {
  readonly parent: Found;
  readonly names: readonly string[];
  next: number;
  batch: (Found | undefined)[];
}

/**
 * The files and directories under `paths`, each directory before what is in it, in the order of the paths and then of
 * the names by code unit: the same tree, walked again, gives the same order. Of the tree only the names of the
 * directories on the way to the current one are held.
 * @throws SourceError at the first that cannot be read; for `paths` themselves, before the first entry.
 */
export async function* walk(paths: readonly string[], options: WalkOptions = {}): AsyncGenerator<Found> {
  for (const top of await topLevels(paths)) {
    if (options.checkReadable === true) await mayRead(top);
    yield top;
    if (top.entry.kind === 'directory') yield* walkDirectory(top, options);
  }
}

/**
 * Walks once for the counts, and tries whether everything can be read.
 * @throws SourceError that names the first path that cannot.
 */
export async function survey(
  paths: readonly string[],
): Promise<{ offer: Offer; files: number; skipped: number }> {
  const names: string[] = [];
  const sizes: number[] = [];
  let entries = 0;
  let files = 0;
  let bytes = 0;
  let skipped = 0;
  const onSkipped = (): void => {
    skipped += 1;
  };
  for await (const { entry } of walk(paths, { onSkipped, checkReadable: true })) {
    if (!entry.path.includes('/')) {
      names.push(entry.path);
      sizes.push(0);
    }
    sizes.push((sizes.pop() ?? 0) + (entry.size ?? 0));
    entries += 1;
    if (entry.kind === 'file') files += 1;
    bytes += entry.size ?? 0;
  }
  return { offer: { kind: 'files', names, sizes, entries, bytes }, files, skipped };
}

/** A stack and not a recursion: passing an entry up through every level would cost as much as the tree is deep. */
async function* walkDirectory(top: Found, options: WalkOptions): AsyncGenerator<Found> {
  const levels: Level[] = [await open(top)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (level.batch.length === 0) {
      if (level.next >= level.names.length) {
        levels.pop();
        continue;
      }
      level.batch = await nextBatch(level, options);
    }
    const found = level.batch.pop();
    if (found === undefined) continue;
    yield found;
    if (found.entry.kind === 'directory') levels.push(await open(found));
  }
}

async function open(parent: Found): Promise<Level> {
  try {
    const names = await readdir(parent.absolutePath);
    return { parent, names: names.sort(byCodeUnit), next: 0, batch: [] };
  } catch (error) {
    throw unreadable(parent.absolutePath, error);
  }
}

/** The next ones of a directory, the first of them last, so that `pop` gives it. */
async function nextBatch(level: Level, options: WalkOptions): Promise<(Found | undefined)[]> {
  const names = level.names.slice(level.next, level.next + BATCH);
  level.next += names.length;
  const batch = await Promise.all(names.map((name) => lookAt(level.parent, name, options)));
  return batch.reverse();
}

async function lookAt(parent: Found, name: string, options: WalkOptions): Promise<Found | undefined> {
  const absolutePath = join(parent.absolutePath, name);
  const entry = describe(`${parent.entry.path}/${name}`, await statOf(absolutePath));
  if (entry === undefined) {
    options.onSkipped?.(absolutePath);
    return undefined;
  }
  const found = { entry, absolutePath };
  if (options.checkReadable === true) await mayRead(found);
  return found;
}

async function statOf(absolutePath: string): Promise<Stats> {
  try {
    return await disk.ask(
      () => lstatSync(absolutePath),
      () => lstat(absolutePath),
    );
  } catch (error) {
    throw unreadable(absolutePath, error);
  }
}

/** Directories show it when they are opened. */
async function mayRead({ entry, absolutePath }: { entry: Entry; absolutePath: string }): Promise<void> {
  if (entry.kind !== 'file') return;
  try {
    await disk.ask(
      () => accessSync(absolutePath, constants.R_OK),
      () => access(absolutePath, constants.R_OK),
    );
  } catch (error) {
    throw unreadable(absolutePath, error);
  }
}

/** Not `localeCompare`: the order must not hang on the machine's language. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
