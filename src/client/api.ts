import type { Readable, Writable } from 'node:stream';
import type { Answer, ReceivePlan } from '../transfer/landing.js';
import type { Report } from '../transfer/events.js';

/** How the relay's certificate is checked. */
export interface TlsSettings {
  /** Who may have signed it, in PEM; undefined: whom this machine trusts. */
  readonly ca?: readonly string[] | undefined;
}

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
