import { promises as fs } from 'node:fs';
import type { Entry } from '../../transfer/entry.js';
import { LandingError } from '../../transfer/landing.js';
import { unless } from './errors.js';
import { digestOf } from './files.js';
import type { Kept } from './journal-records.js';
import { checkPath } from '../../transfer/names.js';
import { PartialFile } from './partial.js';
import { rightsOf } from './rights.js';
import { LandedFile, MAX_SMALL_BYTES, SmallFile } from './small.js';
import type { Tree } from './tree.js';

type Sink = PartialFile | SmallFile | LandedFile;

interface UnderWayOptions {
  /** Of the partial file. */
  readonly path: string;
  readonly tree: Tree;
  /** What an earlier process noted down. */
  readonly kept: Kept | undefined;
}

/** The bytes of the one entry that is under way: on the disk, in memory, or under their final name already. */
export class UnderWay {
  readonly #path: string;
  readonly #tree: Tree;
  #unread: Kept | undefined;
  #sink: Sink | undefined;

  constructor({ path, tree, kept }: UnderWayOptions) {
    this.#path = path;
    this.#tree = tree;
    this.#unread = kept;
  }

  /** Undefined where nothing came yet, or nothing can. */
  get sink(): Sink | undefined {
    return this.#sink;
  }

  /** Looks at what an earlier process left; the first time only. */
  async read(maxBytes: number): Promise<void> {
    if (this.#unread === undefined) return;
    this.#sink = await this.#find(this.#unread, maxBytes);
    this.#unread = undefined;
  }

  /** Hands the bytes over: whoever takes them closes them. */
  take(): void {
    this.#sink = undefined;
  }

  async discard(): Promise<void> {
    const sink = this.#sink;
    this.#sink = undefined;
    await sink?.discard();
  }

  /** Forgets what an earlier process left, too. */
  async forget(): Promise<void> {
    this.#unread = undefined;
    await this.discard();
    await fs.rm(this.#path, { force: true });
  }

  /**
   * Goes on with what is here, or begins. Bytes that came when the entry had another size move to where they belong.
   *
   * @param offset bytes that are here, or 0 to begin
   * @param beforePartial called before a file is made that the journal must not be behind of
   */
  async prepare(entry: Entry, offset: number, beforePartial: () => Promise<void>): Promise<void> {
    const { size } = entry;
    const here = this.#sink;
    const isMoved = here instanceof SmallFile && here.size !== size;
    if (here !== undefined && offset > 0 && !isMoved) return;
    const isSmall = size !== undefined && size <= MAX_SMALL_BYTES;
    if (!isSmall) await beforePartial();
    await this.discard();
    this.#sink = isSmall ? new SmallFile(size) : await PartialFile.create(this.#path, rightsOf(entry));
    if (offset > 0 && isMoved) await this.#sink.write(here.bytes);
  }

  async #find({ placing }: Kept, maxBytes: number): Promise<Sink | undefined> {
    const partial = await PartialFile.reopen(this.#path);
    if (partial !== undefined) {
      if (partial.offset <= maxBytes) return partial;
      await partial.discard();
      return undefined;
    }
    await fs.rm(this.#path, { force: true });
    const checked = placing === undefined ? undefined : checkPath(placing.path, process.platform);
    if (placing === undefined || checked?.ok !== true) return undefined;
    const { parts } = checked;
    const { size } = placing;
    try {
      const there = await this.#tree.locate(parts, (at) => fs.lstat(at).catch(unless('ENOENT', 'ENOTDIR')));
      // Whether it holds what it should is for the sender to compare.
      return there?.isFile() === true && there.size === size
        ? new LandedFile(size, () => this.#tree.locate(parts, digestOf))
        : undefined;
    } catch (error) {
      if (error instanceof LandingError) return undefined;
      throw error;
    }
  }
}
