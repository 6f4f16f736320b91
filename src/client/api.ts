import type { Readable, Writable } from 'node:stream';
import type { Offer } from '../transfer/entry.js';
import type { Report } from './events.js';
import type { TlsSettings } from './tls-line.js';

export interface RelayAddress {
  /** A host name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Undefined: plain TCP. */
  readonly tls?: TlsSettings | undefined;
}

export type SendSource =
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stream'; readonly name: string; readonly stream: Readable };

export interface SendOptions {
  readonly relay: RelayAddress;
  /** Chosen by a person, as typed. Undefined: one is drawn. */
  readonly code?: string | undefined;
  /** Shown to the relay alone, which may know its senders: 1 to 64 of the code alphabet. */
  readonly token?: string | undefined;
  readonly source: SendSource;
  /** 1 to 16. */
  readonly receivers: number;
  /** How long it tries to come back after the line was cut. */
  readonly giveUpAfterMs: number;
  /** Ends the transfer, so that it can be resumed; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** What the person at the receiver decides on. */
export interface ReceivePlan {
  readonly offer: Offer;
  /** Those of the offer's names that are there already. Under `overwrite` and `rename` too. */
  readonly existing: readonly string[];
  /** Undefined where the system does not tell. */
  readonly freeBytes: number | undefined;
  /** Where it lands, as a person would write it. */
  readonly directory: string;
}

/** False: not agreed, nothing is written. `true` keeps `whenExists`; the others take its place. */
export type Answer = boolean | 'overwrite' | 'rename';

export interface ReceiveOptions {
  readonly relay: RelayAddress;
  /** As typed. */
  readonly code: string;
  /** A directory, a name, or `-` for `stdout`. Undefined: the offer's names, in `cwd`. */
  readonly output: string | undefined;
  readonly cwd: string;
  readonly whenExists: 'refuse' | 'overwrite' | 'rename';
  /** Asked once, before the first byte. What it rejects with, `receive` rejects with. */
  readonly agree: (plan: ReceivePlan) => Promise<Answer>;
  /** Takes received text, and everything where `output` is `-`. */
  readonly stdout: Writable;
  /** Waits for a sender that is not there yet, for `giveUpAfterMs`. */
  readonly wait?: boolean;
  readonly giveUpAfterMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when every receiver has said that it holds every byte. @throws TransferError, SourceError, the signal's reason */
export type Send = (options: SendOptions, report: Report) => Promise<void>;

/** Resolves when every byte is verified and in its place. @throws TransferError, the signal's reason */
export type Receive = (options: ReceiveOptions, report: Report) => Promise<void>;

export type TransferErrorCode =
  /** The code is no code, or not the sender's. */
  | 'wrong-code'
  /** No sender waits with that code, or no receiver came in time. */
  | 'nobody-there'
  /** Strangers came to the code's room again and again. */
  | 'in-the-way'
  /** The relay cannot be reached, or refuses. */
  | 'relay'
  /** The line was cut, and did not come back in the time that was given. */
  | 'gave-up'
  /** The receiver did not agree. */
  | 'declined'
  /** Something of that name is there already. */
  | 'exists'
  /** Reading what is sent failed, or it changed meanwhile. */
  | 'source'
  /** Writing what is received failed: space, permissions. */
  | 'destination'
  /** What came is not what was offered, or not whole. */
  | 'mismatch'
  /** The other side's offer is one that nobody should take. */
  | 'hostile-offer'
  /** The bytes are not those that were sent. */
  | 'authentication'
  /** The other side breaks the rules, or is of another version. */
  | 'protocol'
  /** The other side stopped, and said so. */
  | 'stopped';

/** A transfer that failed. The message is a whole sentence for people, with what to do; it never holds the code. */
export class TransferError extends Error {
  override readonly name: string = 'TransferError';
  readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
