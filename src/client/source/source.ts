import { createHash } from 'node:crypto';
import type { Entry } from '../../transfer/entry.js';
import { MAX_PAYLOAD_BYTES } from '../../transfer/channel/messages.js';
import { MAX_NAMES } from '../../transfer/transfer-messages.js';
import { NONE, type Source, SourceError } from '../../transfer/source.js';
import { readEntry } from './read-file.js';
import { survey } from './walk.js';

const SHA256 = 'sha256';

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
