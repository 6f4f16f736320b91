import type { Readable } from 'node:stream';
import { printable } from '../../transfer/names.js';
import { describeStream } from './describe.js';
import { NONE, type Source, SourceError } from '../../transfer/source.js';
import type { Signal } from '../../transfer/cancellation.js';
import { whyUnreadable } from './errors.js';
import { Kept } from './kept.js';

/**
 * So much of a stream is kept at most, and one chunk of it: a receiver may say nothing of what it has. It is also what can be
 * on its way, so a line of 1 Gbit/s may take half a second there and back before it is the bound.
 */
export const MAX_KEPT_BYTES = 64 * 1024 * 1024;

type Chunk = { readonly bytes: Uint8Array | undefined } | { readonly error: unknown };

/**
 * A stream can be read once. What the receiver has not acknowledged is kept, so that it can be sent again after a cut;
 * where that is much, nothing more is read until it is less.
 */
export function streamSource(
  name: string,
  stream: Readable,
  nowMs: number,
  maxKeptBytes: number = MAX_KEPT_BYTES,
): Source {
  const { offer, entry } = describeStream(name, nowMs);
  const kept = new Kept();
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array | string, undefined>;
  /** One read is under way at most, across connections: what it gives is for the line that is there then. */
  let isReading = false;
  let chunk: Chunk | undefined;
  let isDone = false;
  /** Goes on with what waits for a chunk, for room, or for the end of the line. */
  let wake = (): void => undefined;

  const came = (what: Chunk): void => {
    isReading = false;
    chunk = what;
    wake();
  };
  const next = async (over: Signal): Promise<Chunk> => {
    for (;;) {
      over.throwIfAborted();
      if (chunk !== undefined) return chunk;
      if (!isReading && kept.bytes < maxKeptBytes) {
        isReading = true;
        chunks.next().then(
          ({ value }) => came({ bytes: typeof value === 'string' ? Buffer.from(value) : value }),
          (error: unknown) => came({ error }),
        );
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  async function* read(over: Signal): AsyncGenerator<Buffer> {
    const onOver = (): void => wake();
    over.addEventListener('abort', onOver);
    try {
      yield* kept.pieces();
      while (!isDone) {
        const got = await next(over);
        if ('error' in got) {
          const why = whyUnreadable(got.error);
          throw new SourceError(`What is sent as "${printable(name)}" ${why}`, { cause: got.error });
        }
        chunk = undefined;
        isDone = got.bytes === undefined;
        if (got.bytes !== undefined) yield kept.add(got.bytes);
      }
    } finally {
      over.removeEventListener('abort', onOver);
    }
  }

  return {
    offer,
    files: 1,
    skipped: NONE,
    unreadable: NONE,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *items() {
      yield {
        entry,
        isUnreadable: false,
        read: (_findsHoles, over) => read(over),
        start: () => ({ offset: kept.from, hash: () => kept.hash() }),
      };
    },
    acknowledge(bytes) {
      kept.letGo(bytes);
      wake();
    },
  };
}
