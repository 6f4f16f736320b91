import { constants, existsSync, promises as fs, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { forgetName, nameOf, OPEN_FDS, rememberName } from './held-names.js';
import { openPatiently } from './patience.js';

let hasProc: boolean | undefined;

/** Whether a directory can be kept hold of here, whatever others do to its name: on Linux with /proc. */
export function canAnchor(): boolean {
  hasProc ??= existsSync(OPEN_FDS);
  return process.platform === 'linux' && hasProc;
}

/** Whether somebody else may move what this user puts there, and put a link into its place. */
export function isShared({ mode, uid }: Pick<Stats, 'mode' | 'uid'>, me: number): boolean {
  const isOthers = uid !== me && uid !== 0;
  return isOthers || ((mode & 0o002) !== 0 && (mode & 0o1000) === 0);
}

/**
 * A directory that is kept hold of. What is done under its `path` is done in it, also when somebody has moved it since,
 * or put a link into its place. Elsewhere than on Linux `path` is its name, and no more.
 */
export class Anchor {
  /** What names in it are put behind. */
  readonly path: string;
  readonly #handle: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle | undefined) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * @param follow whether the last part may be a link, because a person has named it
   * @throws the system's error: ELOOP or ENOTDIR where no directory is there
   */
  static async open(path: string, follow = false): Promise<Anchor> {
    if (!canAnchor()) return new Anchor(path, undefined);
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | (follow ? 0 : constants.O_NOFOLLOW);
    const handle = await openPatiently(() => fs.open(path, flags));
    rememberName(handle.fd, nameOf(path));
    return new Anchor(`${OPEN_FDS}/${handle.fd}`, handle);
  }

  async stat(): Promise<Stats> {
    return this.#handle?.stat() ?? fs.lstat(this.path);
  }

  /** Nothing may be under way in it any more: the next thing that is opened has its `path`. */
  async close(): Promise<void> {
    if (this.#handle === undefined) return;
    forgetName(this.#handle.fd);
    await this.#handle.close();
  }
}
