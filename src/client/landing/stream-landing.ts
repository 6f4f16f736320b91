import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { Entry, Offer } from '../../transfer/entry.js';
import { type Landed, type Landing, LandingError } from '../../transfer/landing.js';
import { cannotWrite } from './errors.js';
import * as ledger from './ledger.js';
import { checkOffer } from './plan.js';

/** A stream has no holes. */
const ZEROS = new Uint8Array(64 * 1024);

/** `sync` resolves when everything that was written is where it should last, for a stream that leads to a disk. */
type Syncable = Writable & { readonly sync?: () => Promise<void> };

/**
 * One entry that goes straight to a stream: received text, and `--output -`. What was written cannot be taken back, so
 * every piece is authenticated before it is written, nothing goes there that was not offered, by the same rules as on
 * the disk, and the whole is checked at its end.
 *
 * @throws LandingError where the offer is not one entry, or one that nobody should take
 */
export function landOnStream(out: Syncable, offer: Offer): Landing {
  checkOffer(offer);
  if (offer.entries !== 1)
    throw new LandingError('not-a-directory', 'Only one file can go to standard output. Choose a directory.');
  const names = new Set(offer.names);
  let done = ledger.NOTHING_YET;
  let hash = createHash('sha256');
  /** Bytes of the one entry that were written. */
  let offset = 0;
  let current: Entry | undefined;
  const landed = (): Promise<Landed> => {
    ledger.checkTotals(offer, done, () => done.index > 0);
    return Promise.resolve({ files: done.files, bytes: done.bytes, names: offer.names });
  };
  const expectRoom = (bytes: number): void => {
    const room = (current?.size ?? ledger.bytesLeft(offer, done)) - offset;
    if (current === undefined || bytes > room) throw ledger.tooMuch();
  };
  const pass = async (chunk: Uint8Array): Promise<void> => {
    await written(out, chunk);
    hash.update(chunk);
    offset += chunk.length;
  };
  return {
    resumePoint: () =>
      Promise.resolve({
        index: done.index,
        chain: done.chain,
        offset: done.index > 0 ? 0 : offset,
        digest: done.index > 0 || offset === 0 ? undefined : hash.copy().digest(),
        bytes: offset,
      }),
    restart() {
      if (offset > 0) {
        throw new LandingError(
          'mismatch',
          'What was written to standard output is not what is sent now. Start afresh.',
        );
      }
      hash = createHash('sha256');
      done = ledger.NOTHING_YET;
      current = undefined;
      return Promise.resolve();
    },
    begin(entry, at) {
      ledger.checkEntry(entry, offer, names, done);
      if (entry.kind !== 'file')
        throw new LandingError('not-a-directory', 'A directory cannot go to standard output.');
      if (at !== offset) {
        throw new LandingError(
          'mismatch',
          'The sender goes on at another place than where this side stopped.',
        );
      }
      current = entry;
      return Promise.resolve();
    },
    async write(chunk) {
      expectRoom(chunk.length);
      await pass(chunk);
    },
    async skip(bytes) {
      expectRoom(bytes);
      for (let left = bytes; left > 0; left -= ZEROS.length)
        await pass(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
    },
    flush: () => Promise.resolve(),
    finish(size) {
      if (current === undefined || size !== offset || size !== (current.size ?? size)) {
        throw new LandingError('mismatch', 'What arrived is not what was sent. Do not use it; start afresh.');
      }
      done = ledger.advance(done, current, offset);
      current = undefined;
      return Promise.resolve();
    },
    // There is one alone: that it fails is the end.
    fail: () => Promise.reject(new LandingError('mismatch', 'The sender could not send it. Start afresh.')),
    async verify() {
      const all = await landed();
      await out.sync?.().catch((error: unknown) => {
        throw cannotWrite(error as Error);
      });
      return all;
    },
    complete: landed,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Resolves when the stream has passed it on. @throws LandingError */
async function written(out: Writable, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    out.write(chunk, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(cannotWrite(error));
    });
  });
}
