import { createHash } from 'node:crypto';
import { journalRecords } from './journal-records.js';

/** What lies where it lands and is none of the entries that came since the last start: in entries and bytes. */
export interface Amount {
  readonly entries: number;
  readonly bytes: number;
}

export const NOTHING: Amount = { entries: 0, bytes: 0 };

/**
 * What a transfer has put under a final name and what the entries that count now have not brought: files of an earlier
 * start, and directories that were made on the way to something (those at the top were offered by name). They count against the offer, so that a sender who starts over
 * again and again never gets more onto the disk than the person agreed to. One that comes again is counted once.
 */
export class Leftovers {
  /** By `keyOf`: paths may be 4,096 bytes long, and there may be many. Bytes each. */
  readonly #sizes: Map<string, number>;
  #bytes = 0;

  constructor(sizes: ReadonlyMap<string, number> = new Map()) {
    this.#sizes = new Map(sizes);
    for (const size of sizes.values()) this.#bytes += size;
  }

  get sizes(): ReadonlyMap<string, number> {
    return this.#sizes;
  }

  get amount(): Amount {
    return { entries: this.#sizes.size, bytes: this.#bytes };
  }

  /** Without the one that would be replaced by what lands there. */
  amountBeside(path: string): Amount {
    const size = this.#sizes.size === 0 ? undefined : this.#sizes.get(keyOf(path));
    const { entries, bytes } = this.amount;
    return size === undefined ? { entries, bytes } : { entries: entries - 1, bytes: bytes - size };
  }

  add(path: string, size: number): void {
    this.take(path);
    this.#sizes.set(keyOf(path), size);
    this.#bytes += size;
  }

  /** It is among the entries again. @returns its bytes, if it was left over */
  take(path: string): number | undefined {
    if (this.#sizes.size === 0) return undefined;
    const key = keyOf(path);
    const size = this.#sizes.get(key);
    if (size === undefined) return undefined;
    this.#sizes.delete(key);
    this.#bytes -= size;
    return size;
  }
}

/**
 * What a journal says of them.
 *
 * @param isOver whether all that came until now is left over, because everything comes again
 * @param locate the path under which an offered one landed
 */
export async function readLeftovers(
  journal: string,
  isOver: boolean,
  locate: (path: string) => string,
): Promise<Leftovers> {
  const sizes = new Map<string, number>();
  /** The entries that count, and their bytes: those before the first that failed, and what came since that came. */
  let index = 0;
  let counted = 0;
  let before = 0;
  let placing: { readonly path: string; readonly size: number } | undefined;
  for await (const record of journalRecords(journal)) {
    if (record[0] === 'left') sizes.set(record[1], record[2]);
    if (record[0] === 'made' && record[1].includes('/')) sizes.set(keyOf(locate(record[1])), 0);
    if (record[0] === 'placing') placing = { path: record[3], size: record[2] };
    if (record[0] === 'failed' && record[1] === index) before = counted;
    if (record[0] !== 'file' && record[0] !== 'directory') continue;
    placing = undefined;
    const [, at, , , bytes] = record;
    const path = record[0] === 'file' ? record[5] : record[6];
    const isCounted = at === index;
    if (isOver || !isCounted) sizes.set(keyOf(locate(path)), bytes - (isCounted ? counted : before));
    else if (sizes.size > 0) sizes.delete(keyOf(locate(path)));
    if (isCounted) [index, counted] = [index + 1, bytes];
    before = bytes;
  }
  // It may have its name: a process was killed before it could note that down.
  if (isOver && placing !== undefined) sizes.set(keyOf(locate(placing.path)), placing.size);
  return new Leftovers(sizes);
}

function keyOf(path: string): string {
  return createHash('sha256').update(path).digest('base64url').slice(0, 22);
}
