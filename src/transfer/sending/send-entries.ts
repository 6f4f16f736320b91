import { toHex } from '../bytes.js';
import type { Failures } from '../failed-entries.js';
import { CHAIN_START, chainEntry } from '../entry.js';
import type { Message } from '../channel/messages.js';
import { Pace, SMALL_BYTES } from './pace.js';
import type { Session } from '../channel/session.js';
import type { Signal } from '../cancellation.js';
import { type Item, quoted, type Source, SourceError } from '../source.js';
import { after, bytesOf, isZeros, lengthOf } from '../zeros.js';
import {
  type Ability,
  bareMessage,
  bytesMessage,
  jsonMessage,
  MAX_ZEROS,
  type Resume,
  TransferMessage,
} from '../transfer-messages.js';

/** Messages are gathered up to so many bytes, so that small files travel together. */
const BATCH_BYTES = SMALL_BYTES;

/** What the receiver has kept is not the beginning of what is sent. */
export class PrefixMismatch extends Error {
  override readonly name = 'PrefixMismatch';
}

export const FROM_THE_BEGINNING: Resume = {
  index: 0,
  chain: toHex(CHAIN_START),
  offset: 0,
  digest: undefined,
  bytes: 0,
};

export interface Progress {
  /** What the receiver can be sent. */
  readonly takes: readonly Ability[];
  /** Those that could not be sent, here and on earlier lines. */
  readonly failures: Failures;
  /** Which entry is on its way. */
  readonly onPath: (path: string) => void;
  /** What goes out next is the last of it. */
  readonly onLast: () => void;
  /** In milliseconds, never going back. */
  readonly clock: () => number;
  /** Ends the wait for what is to be read. */
  readonly over: Signal;
}

/**
 * Sends the entries from where the receiver can go on.
 * @throws PrefixMismatch before anything of it was sent; what reading or the session throws
 */
export async function sendEntries(
  session: Session,
  source: Source,
  resume: Resume,
  { takes, failures, onPath, onLast, over, clock }: Progress,
): Promise<void> {
  const batch = new Batch(session, clock);
  const findsHoles = takes.includes('zeros');
  // Where there is one alone, its failure is that of the transfer.
  const mayFail = takes.includes('failed') && source.offer.entries > 1;
  failures.forgetFrom(resume.index);
  let chain = CHAIN_START;
  let index = 0;
  for await (const item of source.items()) {
    if (index === resume.index && toHex(chain) !== resume.chain) throw new PrefixMismatch();
    if (index >= resume.index) {
      onPath(item.entry.path);
      const isFirst = index === resume.index;
      const from = isFirst ? resume : FROM_THE_BEGINNING;
      await sendItem(batch, item, from, findsHoles, over).catch(async (error: unknown) => {
        // That too many files are open is no fault of this one: the next one would fail as well.
        if (!mayFail || !(error instanceof SourceError) || error.isGeneral) throw error;
        failures.add(index, item.entry, error.why);
        await batch.add(jsonMessage(TransferMessage.failed, { ...item.entry, offset: 0, why: error.why }));
      });
    }
    chain = chainEntry(chain, item.entry);
    index += 1;
  }
  if (index < resume.index || (index === resume.index && toHex(chain) !== resume.chain)) {
    throw new PrefixMismatch();
  }
  onLast();
  await batch.add(bareMessage(TransferMessage.complete));
  await batch.flush();
}

async function sendItem(
  batch: Batch,
  item: Item,
  { offset, digest }: Pick<Resume, 'offset' | 'digest'>,
  findsHoles: boolean,
  over: Signal,
): Promise<void> {
  const { entry } = item;
  if (item.isUnreadable)
    throw new SourceError(`${quoted(entry.path)} cannot be listed. Change its permissions, or leave it out.`);
  if (entry.kind === 'directory') {
    if (offset > 0) throw new PrefixMismatch();
    await batch.add(jsonMessage(TransferMessage.entry, { ...entry, offset }));
    return;
  }
  const { offset: start, hash } = item.start();
  if (offset < start || offset > (entry.size ?? Infinity)) throw new PrefixMismatch();
  // Only what the receiver has kept is compared: everything else is sealed, and counted, on this one line.
  const prefix = offset > 0 ? hash() : undefined;
  const offer = async (): Promise<void> => {
    if (prefix !== undefined && prefix.digest('hex') !== digest) throw new PrefixMismatch();
    await batch.add(jsonMessage(TransferMessage.entry, { ...entry, offset }));
  };
  let missing = offset - start;
  let at = start;
  if (missing === 0) await offer();
  for await (const piece of item.read(findsHoles, over)) {
    const skipped = Math.min(lengthOf(piece), missing);
    if (skipped > 0) {
      if (isZeros(piece)) for (const bytes of bytesOf({ zeros: skipped })) prefix?.update(bytes);
      else prefix?.update(piece.subarray(0, skipped));
      missing -= skipped;
      if (missing === 0) await offer();
    }
    at += lengthOf(piece);
    const rest = skipped === 0 ? piece : after(piece, skipped);
    if (isZeros(rest)) {
      await batch.addZeros(rest.zeros);
      continue;
    }
    await batch.addData(rest);
    // Its memory is read into again for the piece after the next. And whoever types into a stream wants it to arrive.
    if (at !== entry.size) await batch.flush();
  }
  if (missing > 0) throw new PrefixMismatch();
  await batch.add(bytesMessage(TransferMessage.fileEnd, at));
}

/** Gathers messages into batches. */
class Batch {
  readonly #session: Session;
  readonly #pace: Pace;
  #messages: Message[] = [];
  #bytes = 0;
  /** They wait for more of them: a file may be nearly nothing else. */
  #zeros = 0;

  constructor(session: Session, clock: () => number) {
    this.#session = session;
    this.#pace = new Pace(clock);
  }

  async add(message: Message): Promise<void> {
    this.#closeRun();
    this.#messages.push(message);
    this.#bytes += message.payload.length;
    if (this.#bytes >= BATCH_BYTES) await this.flush();
  }

  /** Payloads are read until they are flushed, and not after it. */
  async addData(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const payload = bytes.subarray(at, at + this.#pace.messageBytes);
      at += payload.length;
      await this.add({ type: TransferMessage.data, payload });
    }
  }

  /** Of the entry, behind what was added before. */
  async addZeros(zeros: number): Promise<void> {
    this.#zeros += zeros;
    if (this.#zeros >= MAX_ZEROS) await this.flush();
  }

  #closeRun(): void {
    for (; this.#zeros > 0; this.#zeros -= Math.min(this.#zeros, MAX_ZEROS))
      this.#messages.push(bytesMessage(TransferMessage.zeros, Math.min(this.#zeros, MAX_ZEROS)));
  }

  async flush(): Promise<void> {
    this.#closeRun();
    const messages = this.#messages;
    const bytes = this.#bytes;
    this.#messages = [];
    this.#bytes = 0;
    if (messages.length === 0) return;
    await this.#session.send(...messages);
    this.#pace.took(bytes);
  }
}
