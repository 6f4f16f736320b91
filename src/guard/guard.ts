import type { Role } from '../protocol/handshake.js';
import type { Refusal } from '../protocol/replies.js';
import type { BarredSource } from './barred-sources.js';

/** The limits of a guard. Times are in milliseconds; a limit of 0 is off. */
export interface GuardSettings {
  /** Connections a minute from one source. */
  readonly rateLimitIp: number;
  /** Connections a minute from one source to one code. */
  readonly rateLimitCode: number;
  /** Failed attempts at which a code is blocked. */
  readonly lockoutAttempts: number;
  /** Failed attempts at which a source is blocked. */
  readonly lockoutSourceAttempts: number;
  /** The time in which failed attempts count. */
  readonly lockoutWindowMs: number;
  /** How long a block lasts. */
  readonly lockoutDurationMs: number;
}

/** A well-formed line from `source` for `room` (the room's name: a keyed hash of the code). */
export interface Attempt {
  readonly source: string;
  readonly room: string;
  readonly role: Role;
  /** The room exists: waiting, paired or held. */
  readonly live: boolean;
}

/**
 * Who may come in, and how often. A refusal, or undefined: come in.
 * Asynchronous, because its counts may one day be kept elsewhere.
 */
export interface Guard {
  /** A connection was accepted: `source-blocked`, else counted against its source (`rate-limited`, scope IP). */
  arriving(source: string): Promise<Refusal | undefined>;
  /** Its line was read: `source-blocked`, `rate-limited` (scope code), `code-blocked`. */
  joining(attempt: Attempt): Promise<Refusal | undefined>;
  /**
   * No such room, or a wrong or missing key: counts it, and says `invalid-code` or `code-blocked`; or
   * `source-blocked`, where another attempt of this source was faster.
   */
  failed(attempt: Attempt): Promise<Refusal>;
  /**
   * Counts a failed attempt against its source alone: a sender without a valid token, or who only looks whether there is a
   * room. Then says nothing; or `source-blocked`, as above.
   */
  suspect(source: string): Promise<Refusal | undefined>;
  /** A pairing clears the count of its code, and its members' own counts there. */
  paired(room: string, sources: readonly string[]): Promise<void>;
  /** The operator's block: `source-blocked` for so many milliseconds. False where there are too many of them. */
  bar(source: string, forMs: number): boolean;
  /**
   * Lifts a source's block, the operator's or one that failed attempts led to, and that of a network which it is in. False
   * where there was none.
   */
  admit(source: string): Promise<boolean>;
  /** The operator's blocks. */
  barred(): readonly BarredSource[];
}
