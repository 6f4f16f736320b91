import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offer } from '../../transfer/entry.js';
import { openPatiently } from '../landing/patience.js';
import { Prompt } from '../landing/prompt.js';
import { describe, unknownEntry } from './describe.js';
import { type Some, SourceError } from '../../transfer/source.js';
import { unreadable } from './errors.js';
import { Listing } from './listing.js';
import { checkName, checkText, mayBeNoText } from './names.js';
import { Snapshots } from './snapshot.js';
import { topLevels, type TopLevel } from './top-level.js';

/** How many entries of a directory are looked at together: enough to keep the file system's threads busy. */
const BATCH = 64;
/** Of those that are left out or cannot be read, so many are named. */
const MAX_NAMED = 20;

const disk = new Prompt();

export interface Found extends TopLevel {
  /** Why it cannot be read: a directory has been tried then, and of what is in it nothing is found. */
  readonly problem?: SourceError | undefined;
}

export interface WalkOptions {
  /** Told of each link, device, socket and pipe inside a directory: they are left out. */
  readonly onSkipped?: (path: string) => void;
  /** Also try whether every file may be read. */
  readonly checkReadable?: boolean;
  /** Finds out about files whose size is none. */
  readonly snapshots?: Snapshots;
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
 * the names by code unit. Of the tree only the names of the directories on the way to the current one are held. What goes
 * away while it is looked for was not there.
 * @throws SourceError for one of `paths` that cannot be read, before the first entry; and at the first name that no
 *   receiver could have
 */
export async function* walk(paths: readonly string[], options: WalkOptions = {}): AsyncGenerator<Found> {
  for (const top of await topLevels(paths)) {
    checkName(top.entry.path);
    const problem = options.checkReadable === true ? await problemOf(top) : undefined;
    if (problem !== undefined) throw problem;
    if (top.entry.kind === 'directory') {
      yield* walkDirectory(top, options);
    } else {
      yield await sized(top, await stat(top.absolutePath), options);
    }
  }
}

export interface Survey {
  readonly offer: Offer;
  readonly files: number;
  readonly listing: Listing;
  readonly snapshots: Snapshots;
  /** Links, devices and so on that were left out. */
  readonly skipped: Some;
  /** Part of the offer all the same: it is tried again when it is its turn. */
  readonly unreadable: Some;
}

/**
 * Walks once, counts, tries whether everything can be read, and notes down what there is.
 * @throws SourceError as `walk` does
 */
export async function survey(paths: readonly string[]): Promise<Survey> {
  const names: string[] = [];
  const sizes: number[] = [];
  const [skipped, unreadable] = [some(), some()];
  const [listing, snapshots] = [new Listing(), new Snapshots()];
  let entries = 0;
  let files = 0;
  let bytes = 0;
  const onSkipped = (path: string): void => note(skipped, path);
  for await (const found of walk(paths, { onSkipped, checkReadable: true, snapshots })) {
    const { entry, absolutePath, problem } = found;
    if (!entry.path.includes('/')) {
      names.push(entry.path);
      sizes.push(0);
    }
    sizes.push((sizes.pop() ?? 0) + (entry.size ?? 0));
    entries += 1;
    if (entry.kind === 'file') files += 1;
    bytes += entry.size ?? 0;
    if (problem !== undefined) note(unreadable, entry.path);
    listing.add({ entry, absolutePath, isUnreadable: problem !== undefined && entry.kind === 'directory' });
  }
  return {
    offer: { kind: 'files', names, sizes, entries, bytes },
    files,
    listing,
    snapshots,
    skipped,
    unreadable,
  };
}

function some(): { count: number; paths: string[] } {
  return { count: 0, paths: [] };
}

function note(those: { count: number; paths: string[] }, path: string): void {
  those.count += 1;
  if (those.paths.length < MAX_NAMED) those.paths.push(path);
}

/** A stack and not a recursion: passing an entry up through every level would cost as much as the tree is deep. */
async function* walkDirectory(top: Found, options: WalkOptions): AsyncGenerator<Found> {
  const first = await open(top);
  if (!('names' in first)) throw first.problem;
  yield top;
  const levels: Level[] = [first];
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
    if (found.entry.kind === 'file') {
      yield found;
      continue;
    }
    const opened = await open(found);
    if ('names' in opened) {
      yield found;
      levels.push(opened);
    } else if (!isGone(opened.problem)) {
      yield { ...found, problem: opened.problem };
    }
  }
}

async function open(parent: Found): Promise<Level | { readonly problem: SourceError }> {
  try {
    const names = await openPatiently(() => readdir(parent.absolutePath));
    if (mayBeNoText(names))
      checkText(
        parent.entry.path,
        await openPatiently(() => readdir(parent.absolutePath, { encoding: 'buffer' })),
      );
    for (const name of names) checkName(`${parent.entry.path}/${name}`);
    return { parent, names: names.sort(byCodeUnit), next: 0, batch: [] };
  } catch (error) {
    if (error instanceof SourceError) throw error;
    return { problem: unreadable(parent.absolutePath, error) };
  }
}

/** The next ones of a directory, the first of them last, so that `pop` gives it. */
async function nextBatch(level: Level, options: WalkOptions): Promise<(Found | undefined)[]> {
  const names = level.names.slice(level.next, level.next + BATCH);
  level.next += names.length;
  const batch = await Promise.all(names.map((name) => lookAt(level.parent, name, options)));
  const found: (Found | undefined)[] = [];
  // One after the other: each may open a file.
  for (const each of batch)
    found.push(each === undefined ? undefined : await sized(each, each.stats, options));
  return found.reverse();
}

async function lookAt(
  parent: Found,
  name: string,
  options: WalkOptions,
): Promise<(Found & { readonly stats: Stats | undefined }) | undefined> {
  const absolutePath = join(parent.absolutePath, name);
  const path = `${parent.entry.path}/${name}`;
  try {
    const stats = await disk.ask(
      () => lstatSync(absolutePath),
      () => lstat(absolutePath),
    );
    const entry = describe(path, stats);
    if (entry === undefined) {
      options.onSkipped?.(path);
      return undefined;
    }
    const found = { entry, absolutePath };
    const problem = options.checkReadable === true ? await problemOf(found) : undefined;
    return { ...found, problem, stats: problem === undefined ? stats : undefined };
  } catch (error) {
    const problem = unreadable(absolutePath, error);
    if (isGone(problem)) return undefined;
    // Its directory may be listed and not entered. Nobody knows what it is.
    return { entry: unknownEntry(path), absolutePath, problem, stats: undefined };
  }
}

/** With the size that it has, where its own is none. */
async function sized(
  { entry, absolutePath, problem }: Found,
  stats: Stats | undefined,
  { snapshots }: WalkOptions,
): Promise<Found> {
  if (snapshots === undefined || stats === undefined || entry.kind !== 'file')
    return { entry, absolutePath, problem };
  const size = await snapshots.take(absolutePath, stats);
  return { entry: size === entry.size ? entry : { ...entry, size }, absolutePath, problem };
}

function isGone({ cause }: SourceError): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Directories show it when they are opened. */
async function problemOf({ entry, absolutePath }: Found): Promise<SourceError | undefined> {
  if (entry.kind !== 'file') return undefined;
  try {
    await disk.ask(
      () => accessSync(absolutePath, constants.R_OK),
      () => access(absolutePath, constants.R_OK),
    );
    return undefined;
  } catch (error) {
    return unreadable(absolutePath, error);
  }
}

/** Not `localeCompare`: the order must not hang on the machine's language. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
