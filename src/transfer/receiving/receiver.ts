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
import { AuthenticationError, ProtocolError, unexpected } from '../errors.js';
import type { Report } from '../events.js';
import { Failures } from '../failed-entries.js';
import type { PrivateRoom } from '../keys/private-room.js';
import type { Session } from '../channel/session.js';
import { Intake } from './intake.js';
import { stoppedBySender } from '../stops.js';
import { landingCode } from '../explain.js';
import {
  type AnswerMessage,
  bareMessage,
  jsonMessage,
  parseMove,
  parseOffer,
  parseStop,
  type StopMessage,
  TransferMessage,
} from '../transfer-messages.js';

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
  #landing: Landing | undefined;
  #landed: Landed | undefined;
  #isSettled = false;
  #isMoved = false;
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
    await this.#landing?.[Symbol.asyncDispose]();
  }

  async #over(session: Session): Promise<PrivateRoom | undefined> {
    const first = await session.receive();
    if (first?.type === TransferMessage.move) {
      // Leave behind the sender, which frees the room for the next receiver.
      if (this.#isMoved) throw unexpected();
      this.#isMoved = true;
      while ((await session.receive()) !== undefined);
      await session.end();
      return parseMove(first.payload);
    }
    if (first?.type === TransferMessage.stop) throw stoppedBySender(parseStop(first.payload));
    if (first?.type !== TransferMessage.offer) throw unexpected();
    const offer = parseOffer(first.payload);
    this.#report({ event: 'connected', peer: 1 });
    if (this.#landed !== undefined) {
      await session.send(answer({ answer: 'complete', failed: this.#failures.count }));
      await this.#finish(session);
      return undefined;
    }
    const landing = await this.#prepare(offer);
    const point = await landing.resumePoint();
    const resume = {
      index: point.index,
      chain: toHex(point.chain),
      offset: point.offset,
      digest: point.digest && toHex(point.digest),
      bytes: point.bytes,
    };
    await session.send(answer({ answer: 'accept', resume, takes: ['zeros', 'failed'] }));
    this.#report({ event: 'agreed', peer: 1 });
    const intake = {
      ...{ session, landing, offer, failures: this.#failures },
      ...{ report: this.#report, clock: this.#clock },
    };
    this.#landed = await new Intake(intake, point).all();
    await session.send(bareMessage(TransferMessage.verified));
    await this.#finish(session);
    return undefined;
  }

  /**
   * What is verified becomes final. Not before the sender's line is closed: who is killed with it until then can still say
   * that everything is here when both are run again.
   */
  async settle(): Promise<void> {
    if (this.#landing === undefined || this.#isSettled) return;
    this.#isSettled = true;
    this.#report({ event: 'done', ...(await this.#landing.complete()), peer: 1, ...this.#failures.told });
  }

  /** Asks the person, once, and opens the place where it lands. */
  async #prepare(offer: Offer): Promise<Landing> {
    if (this.#landing !== undefined && this.#offer !== undefined) {
      if (JSON.stringify(offer) === JSON.stringify(this.#offer)) return this.#landing;
      throw new TransferError('mismatch', 'What is sent is not what you agreed to any more. Start afresh.');
    }
    const { place, agree } = this.#options;
    this.#report({ event: 'offer', offer });
    const notice = (message: string): void => this.#report({ event: 'notice', message });
    const planned = await place.plan(offer, this.#nameplate, notice);
    const { existing, freeBytes, directory } = planned;
    const answered = await agree({ offer, existing, freeBytes, directory });
    if (answered === false) throw declined();
    this.#landing = await planned.open(answered);
    this.#offer = offer;
    return this.#landing;
  }

  /** The sender knows when its own end comes back; until then, it may have to be told again. */
  async #finish(session: Session): Promise<void> {
    const last = await session.receive();
    if (last !== undefined) throw unexpected();
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
