import { promises as fs } from 'node:fs';
import { nameOf } from './held-names.js';
import { LandingError } from '../../transfer/landing.js';
import { about, alreadyThere, unless } from './errors.js';
import { printable, numberedName } from '../../transfer/names.js';
import { placeNew, placeOver } from './place.js';
import { MAX_NUMBER, type LandingOptions } from './plan.js';
import type { Tops } from './tops.js';
import type { Tree } from './tree.js';

interface PlacerOptions {
  readonly tree: Tree;
  readonly whenExists: LandingOptions['whenExists'];
  /** An earlier process may have placed some of what comes now. */
  readonly mayBeThere: boolean;
  readonly tops: Tops;
  /** The name that numbers are added to, in place of the one that is offered. */
  readonly asName: string | undefined;
}

/** Gives complete files their final names, and says what happens where something has them. */
export class Placer {
  readonly #options: PlacerOptions;
  #mayBeThere: boolean;
  /** Files that this transfer wrote over others, or may have: where names are alike to the disk, the last would win. */
  readonly #placed = new Set<bigint>();

  constructor(options: PlacerOptions) {
    this.#options = options;
    this.#mayBeThere = options.mayBeThere;
  }

  /** Everything comes again from the start. */
  expectAgain(): void {
    this.#mayBeThere = true;
    this.#placed.clear();
  }

  /** Says before a large file comes that it would not get its name. */
  async expectFree(parts: readonly string[]): Promise<void> {
    const { tree, whenExists } = this.#options;
    if (this.#mayBeThere || whenExists !== 'refuse') return;
    await tree.locate(parts, async (target) => {
      if ((await fs.lstat(target).catch(unless('ENOENT'))) !== undefined) throw alreadyThere(target);
    });
  }

  /**
   * @param source complete, synced, and in the same file system; gone afterwards
   * @param mayRename called before it gets another name, beside what has the one that it was to have
   */
  async place(source: string, parts: readonly string[], mayRename: () => void): Promise<void> {
    const { tree, tops, asName, whenExists } = this.#options;
    if (whenExists === 'overwrite')
      return tree.locate(parts, (target) => about(target, () => this.#placeOver(source, target)));

    const [offered = ''] = parts;
    for (let n = 2; ; n += 1) {
      const isPlaced = await tree.locate(parts, async (target) => {
        const outcome = await about(target, () => placeNew(source, target, this.#mayBeThere));
        // Somebody was quicker. Only the names at the top are chosen here: inside, they are the sender's.
        const isStuck = whenExists !== 'rename' || parts.length > 1 || n > MAX_NUMBER;
        if (outcome === 'taken' && isStuck) throw alreadyThere(target);
        return outcome === 'placed';
      });
      if (isPlaced) return;
      mayRename();
      await tops.rename(offered, numberedName(asName ?? offered, n));
    }
  }

  async #placeOver(source: string, target: string): Promise<void> {
    const { ino } = await fs.lstat(source, { bigint: true });
    const outcome = await placeOver(source, target, (inode) => this.#placed.has(inode));
    if (outcome === 'twice')
      throw new LandingError(
        'exists',
        `Two of the files are "${printable(nameOf(target))}" to this disk. Ask the sender to rename one of them.`,
      );
    this.#placed.add(ino);
  }
}
