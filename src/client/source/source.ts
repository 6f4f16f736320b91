import { createHash, type Hash } from 'node:crypto';
import type { Entry, Offer } from '../../transfer/entry.js';
import { MAX_PAYLOAD_BYTES } from '../../transfer/channel/messages.js';
import { MAX_NAMES } from '../../transfer/transfer-messages.js';
import { SourceError } from './errors.js';
import { readEntry } from './read-file.js';
import { type Some, survey } from './walk.js';
import type { Piece } from '../../transfer/zeros.js';

/** One entry, and how to read it. */
export interface Item {
  readonly entry: Entry;
  /** A directory that could not be listed: it cannot be sent. */
  readonly isUnreadable: boolean;
  /**
   * Its bytes from the beginning; for a stream, from where nobody has acknowledged them yet. A piece is good until the
   * next one is asked for; the last one stays.
   *
   * @param findsHoles zeros of a file that has holes come as their count
   * @param over ends the wait for bytes that may come at any time or never: its reason is thrown
   */
  read(findsHoles: boolean, over: AbortSignal): AsyncIterable<Piece>;
  /** Where `read` begins, and a hash of what was before it. */
  start(): { readonly offset: number; readonly hash: () => Hash };
}

/** What is sent, as often as it takes. */
export interface Source {
  readonly offer: Offer;
  readonly files: number;
  /** Links, devices and so on that were left out. */
  readonly skipped: Some;
  /** Offered all the same, and tried again in their turn. */
  readonly unreadable: Some;
  /** The entries, in the same order each time. */
  items(): AsyncIterable<Item>;
  /** The receiver has so many bytes of it all. */
  acknowledge(bytes: number): void;
}

const SHA256 = 'sha256';
export const NONE: Some = { count: 0, paths: [] };

/** @throws SourceError at the first path that cannot be read */
export async function pathsSource(paths: readonly string[]): Promise<Source> {
  const { offer, files, skipped, unreadable, listing, snapshots } = await survey(paths);
  if (offer.names.length > MAX_NAMES || Buffer.byteLength(JSON.stringify(offer)) > MAX_PAYLOAD_BYTES) {
    throw new SourceError(
      `These are ${offer.names.length} names at once. Put them into a directory, and send that.`,
    );
  }
  return {
    offer,
    files,
    skipped,
    unreadable,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *items() {
      for (const { entry, absolutePath, isUnreadable } of listing) {
        const content = snapshots.of(absolutePath);
        yield {
          entry,
          isUnreadable,
          read: (findsHoles) =>
            content === undefined ? readEntry(absolutePath, entry, 0, findsHoles) : piecesOf(content),
          start: () => ({ offset: 0, hash: () => createHash(SHA256) }),
        };
      }
    },
    acknowledge: () => undefined,
  };
}

export function textSource(text: string): Source {
  const bytes = Buffer.from(text);
  const entry: Entry = {
    path: 'text',
    kind: 'file',
    size: bytes.length,
    executable: false,
    modifiedMs: 0,
  };
  return {
    offer: { kind: 'text', names: ['text'], entries: 1, bytes: bytes.length },
    files: 1,
    skipped: NONE,
    unreadable: NONE,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *items() {
      yield {
        entry,
        isUnreadable: false,
        read: () => piecesOf(bytes),
        start: () => ({ offset: 0, hash: () => createHash(SHA256) }),
      };
    },
    acknowledge: () => undefined,
  };
}

const PIECE_BYTES = 256 * 1024;

// eslint-disable-next-line @typescript-eslint/require-await
async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
