import { TransferError } from '../transfer-error.js';
import { OtherVersion, ProtocolError } from '../errors.js';
import type { Report } from '../events.js';
import type { Side } from '../keys/key-schedule.js';
import { type NotConfirmed, OtherSideSilent } from '../line-errors.js';

/**
 * Lines of strangers that are borne in all at the code's own room. It takes one who is always back at once four minutes to
 * use them up, and one who says nothing nine; a person who looks on has long seen it by then.
 */
export const MAX_STRANGERS = 30;

/** The same other version, again and again and nobody else: a tool of another release, as a rule. For a minute. */
export const MAX_OF_ONE_VERSION = 12;

/** Who came to the code's own room and did not show that they know the code. They cost their own line, and a wait. */
export class Strangers {
  readonly #side: Side;
  readonly #waitsMs: readonly number[];
  readonly #report: Report;
  #count = 0;
  #inARow = 0;
  #version: number | undefined;
  #ofThisVersion = 0;

  /** @param side whose place it is that they come to the other one of */
  constructor(side: Side, waitsMs: readonly number[], report: Report) {
    this.#side = side;
    this.#waitsMs = waitsMs;
    this.#report = report;
  }

  /** @returns in how many milliseconds to come back @throws TransferError where it is enough */
  bear({ cause }: NotConfirmed): number {
    this.#count += 1;
    const version = cause instanceof OtherVersion ? cause.version : undefined;
    this.#ofThisVersion = version === this.#version ? this.#ofThisVersion + 1 : 1;
    this.#version = version;
    if (version !== undefined && this.#ofThisVersion >= MAX_OF_ONE_VERSION) throw cause;
    if (this.#count >= MAX_STRANGERS) throw this.#tooMany(cause);
    const retryInMs = this.#waitsMs[Math.min(this.#inARow, this.#waitsMs.length - 1)] ?? 0;
    this.#inARow += 1;
    this.#report({ event: 'stranger', why: this.#why(cause), retryInMs });
    return retryInMs;
  }

  /** Somebody was there who knows the code. */
  met(): void {
    this.#inARow = 0;
    this.#version = undefined;
  }

  #why(cause: unknown): string {
    if (cause instanceof OtherVersion) return cause.message;
    const who = this.#side === 'sender' ? 'Somebody joined who' : "In the sender's place is somebody who";
    if (cause instanceof OtherSideSilent) return `${who} says nothing.`;
    if (cause instanceof ProtocolError) return `${who} does not speak the transfer protocol.`;
    return `${who} left without showing that they know the code.`;
  }

  #tooMany(cause: unknown): TransferError {
    const next =
      this.#side === 'sender'
        ? 'Send again, with a new one.'
        : 'Ask the sender to send again, with a new one.';
    return new TransferError(
      'in-the-way',
      `Somebody gets in the way at this code: ${MAX_STRANGERS} times, who came did not show that they know it. ${next}`,
      { cause },
    );
  }
}
