import { toHex } from '../bytes.js';
import type { Signal } from '../cancellation.js';
import {
  type Answer,
  type Landed,
  type Landing,
  LandingError,
  type Place,
  type ReceivePlan,
} from '../landing.js';
import { TransferError } from '../transfer-error.js';
import type { Offer } from '../entry.js';
import { AuthenticationError, ProtocolError } from '../errors.js';
import type { Report } from '../events.js';
import { Failures } from '../failed-entries.js';
import type { PrivateRoom } from '../keys/private-room.js';
import { LineCut } from '../line-cut.js';
import type { Session } from '../channel/session.js';
import { landingCode } from '../explain.js';
import {
  type AnswerMessage,
  bareMessage,
  bytesMessage,
  jsonMessage,
  parseBytes,
  parseEntry,
  parseFailed,
  parseMove,
  parseOffer,
  parseStop,
  parseZeros,
  type StopMessage,
  TransferMessage,
} from '../transfer-messages.js';

/** How often the sender hears how far it is: after so many bytes, if its last news is so old (in milliseconds)… */
const TELL_EVERY_BYTES = 512 * 1024;
const TELL_EVERY_MS = 50;
/** …or after so many. */
const TELL_AFTER_BYTES = 4 * 1024 * 1024;

interface ReceiverOptions {
  readonly place: Place;
  /** Asked once, before the first byte. */
  readonly agree: (plan: ReceivePlan) => Promise<Answer>;
  readonly signal: Signal;
}

/** The receiver's part, and what it keeps from one connection to the next. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #nameplate: string;
  readonly #clock: () => number;
  readonly #report: Report;
  #offer: Offer | undefined;
  #end: Landing | undefined;
  #landed: Landed | undefined;
  #isSettled = false;
  #isMoved = false;
  #bytes = 0;
  /** Which entry is due or under way, and the bytes of those before it. */
  #index = 0;
  #bytesBefore = 0;
  readonly #failures = new Failures();

  /** @param clock in milliseconds, never going back */
  constructor(options: ReceiverOptions, nameplate: string, report: Report, clock: () => number) {
    this.#clock = clock;
    this.#options = options;
    this.#nameplate = nameplate;
    this.#report = report;
  }

  /** Every byte is verified and in its place. */
  get isComplete(): boolean {
    return this.#landed !== undefined;
  }

  /** Entries that did not come, because the sender could not send them. */
  get failed(): number {
    return this.#failures.count;
  }

  /** @returns where the sender goes on, if not here */
  async over(session: Session): Promise<PrivateRoom | undefined> {
    const { signal } = this.#options;
    let stopping: Promise<void> | undefined;
    const stop = (why: StopMessage['why']): void => {
      stopping ??= this.#stop(session, why);
    };
    const onAbort = (): void => stop('stopped');
    signal.addEventListener('abort', onAbort);
    try {
      return await this.#over(session);
    } catch (error) {
      const why = reasonOf(error);
      if (why !== undefined) stop(why);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await stopping;
    }
  }

  async close(): Promise<void> {
    await this.#end?.[Symbol.asyncDispose]();
  }

  async #over(session: Session): Promise<PrivateRoom | undefined> {
    const first = await session.receive();
    if (first?.type === TransferMessage.move) {
      // Leave behind the sender, which frees the room for the next receiver.
      if (this.#isMoved) throw new ProtocolError(UNEXPECTED);
      this.#isMoved = true;
      while ((await session.receive()) !== undefined);
      await session.end();
      return parseMove(first.payload);
    }
    if (first?.type === TransferMessage.stop) throw stoppedBy(parseStop(first.payload));
    if (first?.type !== TransferMessage.offer) throw new ProtocolError(UNEXPECTED);
    const offer = parseOffer(first.payload);
    this.#report({ event: 'connected', peer: 1 });
    if (this.#landed !== undefined) {
      await session.send(answer({ answer: 'complete', failed: this.#failures.count }));
      await this.#finish(session);
      return undefined;
    }
    const end = await this.#prepare(offer);
    const point = await end.resumePoint();
    const resume = {
      index: point.index,
      chain: toHex(point.chain),
      offset: point.offset,
      digest: point.digest && toHex(point.digest),
      bytes: point.bytes,
    };
    this.#bytes = point.bytes;
    this.#index = point.index;
    this.#bytesBefore = point.bytes - point.offset;
    await session.send(answer({ answer: 'accept', resume, takes: ['zeros', 'failed'] }));
    this.#report({ event: 'agreed', peer: 1 });
    this.#landed = await this.#take(session, end, offer);
    await session.send(bareMessage(TransferMessage.verified));
    await this.#finish(session);
    return undefined;
  }

  /**
   * What is verified becomes final. Not before the sender's line is closed: who is killed with it until then can still say
   * that everything is here when both are run again.
   */
  async settle(): Promise<void> {
    if (this.#end === undefined || this.#isSettled) return;
    this.#isSettled = true;
    this.#report({ event: 'done', ...(await this.#end.complete()), peer: 1, ...this.#failures.told });
  }

  /** Asks the person, once, and opens the place where it lands. */
  async #prepare(offer: Offer): Promise<Landing> {
    if (this.#end !== undefined && this.#offer !== undefined) {
      if (JSON.stringify(offer) === JSON.stringify(this.#offer)) return this.#end;
      throw new TransferError('mismatch', 'What is sent is not what you agreed to any more. Start afresh.');
    }
    const { place, agree } = this.#options;
    this.#report({ event: 'offer', offer });
    const notice = (message: string): void => this.#report({ event: 'notice', message });
    const planned = await place.plan(offer, this.#nameplate, notice);
    const { existing, freeBytes, directory } = planned;
    const answered = await agree({ offer, existing, freeBytes, directory });
    if (answered === false) throw declined();
    this.#end = await planned.open(answered);
    this.#offer = offer;
    const end = this.#end;
    return end;
  }

  async #take(session: Session, end: Landing, offer: Offer): Promise<Landed> {
    let told = 0;
    let toldAt = -Infinity;
    let path = '';
    /** Bytes of a file are due, or its end. */
    let isInFile = false;
    /** Bytes from before, until the sender has shown that it goes on there. */
    let kept = this.#bytes;
    const goOn = (): void => {
      if (kept > 0) this.#report({ event: 'resumed', bytes: kept, peer: 1 });
      kept = 0;
    };
    const due = (isDue: boolean): void => {
      if (!isDue) throw new ProtocolError(UNEXPECTED);
    };
    const over = (): void => {
      this.#index += 1;
      this.#bytesBefore = this.#bytes;
    };
    const isStream = offer.bytes === undefined;
    const count = async (bytes: number, mustTell: boolean): Promise<void> => {
      this.#bytes += bytes;
      this.#report({ event: 'progress', bytes: this.#bytes, total: offer.bytes, path, peer: 1 });
      const untold = this.#bytes - told;
      const now = this.#clock();
      const isTime = untold >= TELL_EVERY_BYTES && now - toldAt >= TELL_EVERY_MS;
      if (!mustTell && !isTime && untold < TELL_AFTER_BYTES) return;
      told = this.#bytes;
      toldAt = now;
      // The sender of a stream forgets what it is told of: that must be there even after a kill.
      if (isStream) await end.flush();
      await session.send(bytesMessage(TransferMessage.received, this.#bytes)).catch((error: unknown) => {
        // What came before the cut is still to be read: the sender's stop, perhaps.
        if (!(error instanceof LineCut)) throw error;
      });
    };
    for (;;) {
      const message = await session.receive();
      switch (message?.type) {
        case TransferMessage.restart:
          this.#report({
            event: 'restarted',
            why: 'What is kept here does not match what is sent.',
            peer: 1,
          });
          this.#bytes = this.#bytesBefore = this.#index = kept = 0;
          this.#failures.forgetFrom(0);
          isInFile = false;
          await end.restart();
          break;
        case TransferMessage.entry: {
          due(!isInFile);
          goOn();
          const { entry, offset } = parseEntry(message.payload);
          path = entry.path;
          await end.begin(entry, offset);
          this.#bytes = this.#bytesBefore + offset;
          isInFile = entry.kind === 'file';
          if (isInFile) break;
          await end.finish(undefined);
          over();
          break;
        }
        case TransferMessage.data:
          due(isInFile);
          await end.write(message.payload);
          await count(message.payload.length, isStream);
          break;
        case TransferMessage.zeros: {
          // Of what has no size, nobody has agreed to so many.
          due(isInFile && !isStream);
          const zeros = parseZeros(message.payload);
          await end.skip(zeros);
          await count(zeros, false);
          break;
        }
        case TransferMessage.fileEnd:
          due(isInFile);
          isInFile = false;
          await end.finish(parseBytes(message.payload));
          over();
          break;
        case TransferMessage.failed: {
          const { entry, why } = parseFailed(message.payload);
          // Where there is one alone, its failure is that of the transfer.
          due(offer.entries > 1 && (!isInFile || entry.path === path));
          goOn();
          isInFile = false;
          await end.fail(entry);
          this.#failures.add(this.#index, entry, why);
          this.#bytes = this.#bytesBefore;
          told = Math.min(told, this.#bytes);
          over();
          break;
        }
        case TransferMessage.complete: {
          due(!isInFile);
          goOn();
          const landed = await end.verify();
          await count(0, true);
          return landed;
        }
        case TransferMessage.stop:
          throw stoppedBy(parseStop(message.payload));
        default:
          throw new ProtocolError(UNEXPECTED);
      }
    }
  }

  /** The sender knows when its own end comes back; until then, it may have to be told again. */
  async #finish(session: Session): Promise<void> {
    const last = await session.receive();
    if (last !== undefined) throw new ProtocolError(UNEXPECTED);
    await session.end();
  }

  /** Tells the sender why nothing will come of it. */
  async #stop(session: Session, why: StopMessage['why']): Promise<void> {
    try {
      await session.send(jsonMessage(TransferMessage.stop, { why }));
      await session.end();
    } catch {
      // The line is cut: there is nobody to tell.
      session.abandon();
    }
  }
}

const UNEXPECTED = 'The other side did not keep to the transfer protocol.';

function answer(message: AnswerMessage) {
  return jsonMessage(TransferMessage.answer, message);
}

function declined(): TransferError {
  return new TransferError('declined', 'You did not agree to the transfer. Nothing was written.');
}

function reasonOf(error: unknown): StopMessage['why'] | undefined {
  if (error instanceof TransferError) {
    if (error.code === 'declined' || error.code === 'mismatch') return error.code;
    return error.code === 'stopped' ? undefined : 'stopped';
  }
  if (error instanceof ProtocolError || error instanceof AuthenticationError) return 'stopped';
  return error instanceof LandingError ? landingCode(error) : undefined;
}

function stoppedBy(why: StopMessage['why']): TransferError {
  if (why === 'full') {
    return new TransferError('stopped', 'The sender serves as many receivers as it wants already.');
  }
  return why === 'source'
    ? new TransferError(
        'source',
        'The sender could not read what it sends, or it changed. What arrived is kept.',
      )
    : new TransferError(
        'stopped',
        'The sender stopped. What arrived is kept: to go on, run the same command when they send again.',
      );
}
