import type { Session } from '../channel/session.js';
import type { Offer } from '../entry.js';
import { unexpected } from '../errors.js';
import type { Report } from '../events.js';
import type { Failures } from '../failed-entries.js';
import type { Landed, Landing, ResumePoint } from '../landing.js';
import { LineCut } from '../line-errors.js';
import {
  bytesMessage,
  parseBytes,
  parseEntry,
  parseFailed,
  parseStop,
  parseZeros,
  TransferMessage,
} from '../transfer-messages.js';
import { stoppedBySender } from '../stops.js';

/** How often the sender hears how far it is: after so many bytes, if its last news is so old (in milliseconds)… */
const TELL_EVERY_BYTES = 512 * 1024;
const TELL_EVERY_MS = 50;
/** …or after so many. */
const TELL_AFTER_BYTES = 4 * 1024 * 1024;

export interface IntakeOptions {
  readonly session: Session;
  readonly landing: Landing;
  readonly offer: Offer;
  /** Entries that do not come, across sessions. */
  readonly failures: Failures;
  readonly report: Report;
  /** In milliseconds, never going back. */
  readonly clock: () => number;
}

/** The way of the bytes from one session to the place where they land, and what the sender is told of it. */
export class Intake {
  readonly #options: IntakeOptions;
  /** Which entry is due or under way, and the bytes of those before it. */
  #index: number;
  #bytesBefore: number;
  #bytes: number;
  /** Bytes from before, until the sender has shown that it goes on there. */
  #kept: number;
  #path = '';
  /** Bytes of a file are due, or its end. */
  #isInFile = false;
  #told = 0;
  #toldAt = -Infinity;

  /** @param from where the sender was told to go on */
  constructor(options: IntakeOptions, from: ResumePoint) {
    this.#options = options;
    this.#index = from.index;
    this.#bytes = this.#kept = from.bytes;
    this.#bytesBefore = from.bytes - from.offset;
  }

  /** Until every byte is verified and in its place. @throws what the session, the landing and a sender that stops throw */
  async all(): Promise<Landed> {
    const { session, landing, offer, failures, report } = this.#options;
    const isStream = offer.bytes === undefined;
    for (;;) {
      const message = await session.receive();
      switch (message?.type) {
        case TransferMessage.restart:
          report({ event: 'restarted', why: 'What is kept here does not match what is sent.', peer: 1 });
          this.#bytes = this.#bytesBefore = this.#index = this.#kept = 0;
          failures.forgetFrom(0);
          this.#isInFile = false;
          await landing.restart();
          break;
        case TransferMessage.entry:
          due(!this.#isInFile);
          await this.#begin(message.payload);
          break;
        case TransferMessage.data:
          due(this.#isInFile);
          await landing.write(message.payload);
          await this.#count(message.payload.length, isStream);
          break;
        case TransferMessage.zeros: {
          // Of what has no size, nobody has agreed to so many.
          due(this.#isInFile && !isStream);
          const zeros = parseZeros(message.payload);
          await landing.skip(zeros);
          await this.#count(zeros, false);
          break;
        }
        case TransferMessage.fileEnd:
          due(this.#isInFile);
          this.#isInFile = false;
          await landing.finish(parseBytes(message.payload));
          this.#next();
          break;
        case TransferMessage.failed:
          await this.#fail(message.payload);
          break;
        case TransferMessage.complete: {
          due(!this.#isInFile);
          this.#goOn();
          const landed = await landing.verify();
          await this.#count(0, true);
          return landed;
        }
        case TransferMessage.stop:
          throw stoppedBySender(parseStop(message.payload));
        default:
          throw unexpected();
      }
    }
  }

  async #begin(payload: Uint8Array): Promise<void> {
    const { landing } = this.#options;
    this.#goOn();
    const { entry, offset } = parseEntry(payload);
    this.#path = entry.path;
    await landing.begin(entry, offset);
    this.#bytes = this.#bytesBefore + offset;
    this.#isInFile = entry.kind === 'file';
    if (this.#isInFile) return;
    await landing.finish(undefined);
    this.#next();
  }

  async #fail(payload: Uint8Array): Promise<void> {
    const { landing, offer, failures } = this.#options;
    const { entry, why } = parseFailed(payload);
    // Where there is one alone, its failure is that of the transfer.
    due(offer.entries > 1 && (!this.#isInFile || entry.path === this.#path));
    this.#goOn();
    this.#isInFile = false;
    await landing.fail(entry);
    failures.add(this.#index, entry, why);
    this.#bytes = this.#bytesBefore;
    this.#told = Math.min(this.#told, this.#bytes);
    this.#next();
  }

  #goOn(): void {
    if (this.#kept > 0) this.#options.report({ event: 'resumed', bytes: this.#kept, peer: 1 });
    this.#kept = 0;
  }

  #next(): void {
    this.#index += 1;
    this.#bytesBefore = this.#bytes;
  }

  /** So many bytes more are here: tells so, the sender from time to time. */
  async #count(bytes: number, mustTell: boolean): Promise<void> {
    const { session, landing, offer, report, clock } = this.#options;
    this.#bytes += bytes;
    report({ event: 'progress', bytes: this.#bytes, total: offer.bytes, path: this.#path, peer: 1 });
    const untold = this.#bytes - this.#told;
    const now = clock();
    const isTime = untold >= TELL_EVERY_BYTES && now - this.#toldAt >= TELL_EVERY_MS;
    if (!mustTell && !isTime && untold < TELL_AFTER_BYTES) return;
    this.#told = this.#bytes;
    this.#toldAt = now;
    // The sender of a stream forgets what it is told of: that must be there even after a kill.
    if (offer.bytes === undefined) await landing.flush();
    await session.send(bytesMessage(TransferMessage.received, this.#bytes)).catch((error: unknown) => {
      // What came before the cut is still to be read: the sender's stop, perhaps.
      if (!(error instanceof LineCut)) throw error;
    });
  }
}

function due(isDue: boolean): void {
  if (!isDue) throw unexpected();
}
