import { promises as fs, type Stats } from 'node:fs';
import type { Anchor } from './anchor.js';
import { LandingError } from '../../transfer/landing.js';
import { about, alreadyThere, inTheWay, unless } from './errors.js';
import { Parents } from './parents.js';
import type { Tops } from './tops.js';

/** Directories that were just seen, so that a million files in one do not look at it a million times. */
const MAX_KNOWN = 1024;
/** Directories that can be taken back; where there are more of them, all stay. */
const MAX_TAKEN_BACK = 4096;

interface TreeOptions {
  readonly directory: Anchor;
  readonly tops: Tops;
  readonly mayMerge: boolean;
  /** Called before a directory is made on the way to that entry, which throws where it would be too much; and after. */
  readonly mayMake: (parts: readonly string[]) => void;
  readonly made: (parts: readonly string[]) => void;
}

/**
 * The directories under which things land. Each is made by itself, and reached without following links: a link or a file
 * in the way is an error. On Linux whatever is done in one is done in that one, also where somebody else swaps a directory
 * on the way to it for a link right then.
 */
export class Tree {
  readonly #options: TreeOptions;
  readonly #known = new Set<string>();
  /** Those that were made, in order; one more than `MAX_TAKEN_BACK` at most. */
  readonly #made: (readonly string[])[] = [];
  readonly #parents: Parents;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#parents = new Parents(options.directory);
  }

  /**
   * Looks at everything above a checked path, and does something with where it lands: `at` is good until that is done. The
   * name at the top is the one that it has then.
   *
   * @throws LandingError where a link or a file is in the way
   */
  async locate<T>(parts: readonly string[], work: (at: string) => Promise<T>): Promise<T> {
    const final = this.#options.tops.finalPathOf(parts).split('/');
    const above = final.slice(0, -1);
    const seen = await this.#look(above);
    const path = [this.#options.directory.path, ...above].join('/');
    return about(path, () => this.#parents.within(above, seen, (at) => work(`${at}/${final.at(-1) ?? ''}`)));
  }

  /** When nothing lands any more. */
  async close(): Promise<void> {
    await this.#parents.close();
  }

  /** Makes what is missing above a path. */
  async makeParents(parts: readonly string[]): Promise<void> {
    if (parts.length < 2 || this.#known.has(parts.slice(0, -1).join('/'))) return;
    for (let depth = 1; depth < parts.length; depth += 1) {
      const above = parts.slice(0, depth);
      const mayMake = () => this.#options.mayMake(parts);
      if (await this.#make(above, depth > 1 ? mayMake : undefined)) this.#options.made(above);
    }
  }

  /**
   * @param rights before the umask. Until everything is in it, its owner may write to it
   * @returns whether it is this transfer's, and not one that something is merged into
   */
  async makeDirectory(parts: readonly string[], rights: number): Promise<boolean> {
    await this.makeParents(parts);
    const isNew = await this.#make(parts, undefined, rights | 0o700);
    return isNew || !this.#options.mayMerge;
  }

  /**
   * Removes the directories that were made, if they are empty: for a transfer of which nothing else has come.
   *
   * @returns false where there were too many to remember. They all stay then
   */
  async takeBack(): Promise<boolean> {
    if (this.#made.length > MAX_TAKEN_BACK) return false;
    for (const parts of this.#made.reverse()) {
      const removed = this.locate(parts, (at) =>
        fs.rmdir(at).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')),
      );
      // One that cannot be reached any more is somebody else's by now.
      await removed.catch((error: unknown) => {
        if (!(error instanceof LandingError)) throw error;
      });
    }
    this.#made.length = 0;
    this.#known.clear();
    return true;
  }

  /** @returns whether it was not there before */
  async #make(parts: readonly string[], mayMake?: () => void, rights = 0o755): Promise<boolean> {
    const key = parts.join('/');
    if (this.#known.has(key)) return false;
    const isNew = await this.locate(parts, (at) => about(at, () => this.#makeAt(at, parts, mayMake, rights)));
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(key);
    return isNew;
  }

  async #makeAt(
    path: string,
    parts: readonly string[],
    mayMake: (() => void) | undefined,
    rights: number,
  ): Promise<boolean> {
    const { tops, mayMerge } = this.#options;
    const [top = ''] = parts;
    const mayBeThere = mayMerge || parts.length > 1 || tops.isOurs(top);
    const stats = await fs.lstat(path).catch(unless('ENOENT'));
    if (stats?.isSymbolicLink() === true) throw inTheWay(path, 'a link');
    if (stats !== undefined && !stats.isDirectory()) throw inTheWay(path, 'not a directory');
    if (stats !== undefined && !mayBeThere) throw alreadyThere(path);
    if (stats === undefined) mayMake?.();
    if (parts.length === 1 && !tops.isOurs(top)) await tops.claimNow(top);
    if (stats !== undefined) return false;
    try {
      await fs.mkdir(path, rights);
      if (this.#made.length <= MAX_TAKEN_BACK) this.#made.push(parts);
      return true;
    } catch (error) {
      if (!mayBeThere) throw error;
      unless('EEXIST')(error);
      const now = await fs.lstat(path);
      if (!now.isDirectory()) throw inTheWay(path, 'not a directory');
      return false;
    }
  }

  /** @returns what the last of them is; undefined for the place itself, where there is none */
  async #look(above: readonly string[]): Promise<Stats | undefined> {
    let path = this.#options.directory.path;
    let stats: Stats | undefined;
    for (const part of above) {
      path = `${path}/${part}`;
      stats = await about(path, () => fs.lstat(path));
      if (stats.isSymbolicLink()) throw inTheWay(path, 'a link');
      if (!stats.isDirectory()) throw inTheWay(path, 'not a directory');
    }
    return stats;
  }
}
