import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { about, alreadyThere, inTheWay, unless } from './errors.js';
import type { Tops } from './tops.js';

/** Directories that were just seen, so that a million files in one do not look at it a million times. */
const MAX_KNOWN = 1024;
/** Directories that can be taken back; where there are more of them, all stay. */
const MAX_TAKEN_BACK = 4096;

interface TreeOptions {
  readonly directory: string;
  readonly tops: Tops;
  readonly mayMerge: boolean;
  /** Called before a directory is made on the way to that entry, which throws where it would be too much; and after. */
  readonly mayMake: (parts: readonly string[]) => void;
  readonly made: (parts: readonly string[]) => void;
}

/**
 * The directories under which things land. Each is made by itself, and looked at without following links: a link or a
 * file in the way is an error. (What another process of the same user swaps in between a look and its use cannot be
 * seen; nothing that a sender says can make a link.)
 */
export class Tree {
  readonly #options: TreeOptions;
  readonly #known = new Set<string>();
  /** Those that were made, in order; one more than `MAX_TAKEN_BACK` at most. */
  readonly #made: string[] = [];

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  /** Where a checked path lands. */
  locate(parts: readonly string[]): string {
    return join(this.#options.directory, this.#options.tops.finalPathOf(parts));
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

  /** Looks at everything above a path again: to be called right before something gets its name there. */
  async checkParents(parts: readonly string[]): Promise<void> {
    for (let depth = 1; depth < parts.length; depth += 1) {
      const path = this.locate(parts.slice(0, depth));
      const stats = await about(path, () => fs.lstat(path));
      if (stats.isSymbolicLink()) throw inTheWay(path, 'a link');
      if (!stats.isDirectory()) throw inTheWay(path, 'not a directory');
    }
  }

  /**
   * Removes the directories that were made, if they are empty: for a transfer of which nothing else has come.
   *
   * @returns false where there were too many to remember. They all stay then
   */
  async takeBack(): Promise<boolean> {
    if (this.#made.length > MAX_TAKEN_BACK) return false;
    for (const path of this.#made.reverse())
      await fs.rmdir(path).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'));
    this.#made.length = 0;
    this.#known.clear();
    return true;
  }

  /** @returns whether it was not there before */
  async #make(parts: readonly string[], mayMake?: () => void, rights = 0o755): Promise<boolean> {
    const key = parts.join('/');
    if (this.#known.has(key)) return false;
    const path = this.locate(parts);
    const isNew = await about(path, () => this.#makeAt(path, parts, mayMake, rights));
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
      if (this.#made.length <= MAX_TAKEN_BACK) this.#made.push(path);
      return true;
    } catch (error) {
      if (!mayBeThere) throw error;
      unless('EEXIST')(error);
      const now = await fs.lstat(path);
      if (!now.isDirectory()) throw inTheWay(path, 'not a directory');
      return false;
    }
  }
}
