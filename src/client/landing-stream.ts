import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { TransferError } from './api.js';
import type { Entry, Offer } from './entry.js';
import { CHAIN_START, chainEntry } from './landing/chain.js';
import { LandingError } from './landing/errors.js';
import type { Landed, Landing } from './landing/landing.js';

/**
 * One entry that goes straight to a stream: received text, and `--output -`. What was written cannot be taken back, so
 * every piece is authenticated before it is written, and the whole is checked at its end.
 */
export function landOnStream(out: Writable, offer: Offer): Landing {
  const isOne = offer.entries === 1 && offer.names.length === 1;
  if (!isOne)
    throw new TransferError('destination', 'Only one file can go to standard output. Choose a directory.');
  let hash = createHash('sha256');
  let offset = 0;
  let chain = CHAIN_START;
  let current: Entry | undefined;
  let isComplete = false;
  const landed = (): Promise<Landed> => {
    if (!isComplete) throw new LandingError('mismatch', 'Less came than was offered. Start afresh.');
    return Promise.resolve({ files: 1, bytes: offset, names: offer.names });
  };
  return {
    resumePoint: () =>
      Promise.resolve({
        index: isComplete ? 1 : 0,
        chain,
        offset: isComplete ? 0 : offset,
        digest: isComplete || offset === 0 ? undefined : hash.copy().digest(),
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
      return Promise.resolve();
    },
    begin(entry, at) {
      if (at !== offset) {
        throw new LandingError(
          'mismatch',
          'The sender goes on at another place than where this side stopped.',
        );
      }
      if (entry.kind !== 'file')
        throw new LandingError('not-a-directory', 'A directory cannot go to standard output.');
      current = entry;
      return Promise.resolve();
    },
    async write(chunk) {
      if (current?.size !== undefined && offset + chunk.length > current.size) {
        throw new LandingError('too-much', 'More came than was offered.');
      }
      hash.update(chunk);
      offset += chunk.length;
      if (!out.write(chunk)) await once(out, 'drain');
    },
    finish(sha256) {
      const isWhole = current?.size === undefined || current.size === offset;
      if (current === undefined || !isWhole || sha256?.equals(hash.digest()) !== true) {
        throw new LandingError('mismatch', 'What arrived is not what was sent. Do not use it; start afresh.');
      }
      chain = chainEntry(chain, current);
      isComplete = true;
      return Promise.resolve();
    },
    verify: landed,
    complete: landed,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
