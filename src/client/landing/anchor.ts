import { constants, existsSync, promises as fs, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const OPEN_FDS = '/proc/self/fd';

/** Human names of what is open, by descriptor: an error speaks of these. */
const names = new Map<number, string>();

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
    const handle = await fs.open(path, flags);
    names.set(handle.fd, nameOf(path));
    return new Anchor(`${OPEN_FDS}/${handle.fd}`, handle);
  }

  async stat(): Promise<Stats> {
    return this.#handle?.stat() ?? fs.lstat(this.path);
  }

  /** Nothing may be under way in it any more: the next thing that is opened has its `path`. */
  async close(): Promise<void> {
    if (this.#handle === undefined) return;
    names.delete(this.#handle.fd);
    await this.#handle.close();
  }
}

/** A path as a person would write it. */
export function nameOf(path: string): string {
  const [, descriptor, rest = ''] = /^\/proc\/self\/fd\/([0-9]+)(\/.*)?$/s.exec(path) ?? [];
  const name = descriptor === undefined ? undefined : names.get(Number(descriptor));
  return name === undefined ? path : `${name}${rest}`;
}
