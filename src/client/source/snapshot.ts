import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { isOutOfFiles, openPatiently } from '../landing/patience.js';
import { quoted, SourceError } from '../../transfer/source.js';
import { unreadable } from './errors.js';

/** What a file that hides its size may hold. Those of `/proc` and `/sys` are small, as a rule. */
const MAX_BYTES = 1024 * 1024;
/** All of them together: they are held in memory until they are sent. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;
/** A file of `/sys` says one page, whatever it holds, and no block: 4 KiB to 64 KiB. */
const PAGE_BYTES = 4 * 1024;
const MAX_PAGE_BYTES = 64 * 1024;

const OPEN_FLAGS = constants.O_RDONLY | optional('O_NONBLOCK') | optional('O_NOFOLLOW');

/**
 * The contents of files whose size says nothing of what is in them: those of `/proc` say 0, those of `/sys` a page. They
 * are read once, when they are found, because the next time they may hold something else.
 */
export class Snapshots {
  readonly #contents = new Map<string, Buffer>();
  #bytes = 0;

  of(absolutePath: string): Buffer | undefined {
    return this.#contents.get(absolutePath);
  }

  /**
   * Reads a file, if its size may be none. A file that cannot be read is left to whoever reads it later.
   *
   * @returns its size
   * @throws SourceError where there is more than can be held
   */
  async take(absolutePath: string, stats: Pick<Stats, 'size' | 'blocks'>): Promise<number> {
    const { size } = stats;
    if (!mayHide(stats)) return size;
    const content = await contentOf(absolutePath, Math.max(size, MAX_BYTES) + 1).catch((error: unknown) => {
      // Of it, nobody knows that it is empty.
      if (isOutOfFiles(error)) throw unreadable(absolutePath, error);
      return undefined;
    });
    if (content === undefined || content.length === size) return size;
    this.#bytes += content.length;
    if (content.length > MAX_BYTES || this.#bytes > MAX_TOTAL_BYTES)
      throw new SourceError(
        `${quoted(absolutePath)} does not say how large it is, and holds more than can be kept. Send a copy of it.`,
      );
    this.#contents.set(absolutePath, content);
    return content.length;
  }
}

function mayHide({ size, blocks }: Pick<Stats, 'size' | 'blocks'>): boolean {
  return size === 0 || (blocks === 0 && size <= MAX_PAGE_BYTES && size % PAGE_BYTES === 0);
}

/** The first `most` bytes, by reading until there are none. */
async function contentOf(path: string, most: number): Promise<Buffer> {
  const file = await openPatiently(() => open(path, OPEN_FLAGS));
  try {
    let content = Buffer.allocUnsafe(PAGE_BYTES);
    let filled = 0;
    for (;;) {
      if (filled === content.length) content = Buffer.concat([content], Math.min(2 * content.length, most));
      const { bytesRead } = await file.read(content, filled, content.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled >= most) return content.subarray(0, filled);
    }
  } finally {
    await file.close();
  }
}

/** Windows has neither, whatever the types say. */
function optional(name: 'O_NOFOLLOW' | 'O_NONBLOCK'): number {
  return (constants as Partial<Record<typeof name, number>>)[name] ?? 0;
}
