import type { Signal } from './cancellation.js';
import type { Entry, Offer } from './entry.js';
import { printable } from './printable.js';
import type { FailedWhy } from './transfer-messages.js';
import { TransferError } from './transfer-error.js';
import type { Piece } from './zeros.js';

/** Some of what was found: how many, and the first of them by their paths. */
export interface Some {
  readonly count: number;
  readonly paths: readonly string[];
}

export const NONE: Some = { count: 0, paths: [] };

/** SHA-256 over what it is given. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

/** One entry, and how to read it. */
export interface Item {
  readonly entry: Entry;
  /** A directory that could not be listed: it cannot be sent. */
  readonly isUnreadable: boolean;
  /**
   * Its bytes from the beginning; for a stream, from where nobody has acknowledged them yet. A piece is good until the
   * next one is asked for; the last one stays.
   *
   * @param findsHoles zeros of a file that has holes come as their count
   * @param over ends the wait for bytes that may come at any time or never: its reason is thrown
   * @throws SourceError
   */
  read(findsHoles: boolean, over: Signal): AsyncIterable<Piece>;
  /** Where `read` begins, and a hash of what was before it. */
  start(): { readonly offset: number; readonly hash: () => Hash };
}

/** What is sent, as often as it takes. */
export interface Source {
  readonly offer: Offer;
  readonly files: number;
  /** Links, devices and so on that were left out. */
  readonly skipped: Some;
  /** Offered all the same, and tried again in their turn. */
  readonly unreadable: Some;
  /** The entries, in the same order each time. */
  items(): AsyncIterable<Item>;
  /** The receiver has so many bytes of it all. */
  acknowledge(bytes: number): void;
}

const MAX_PATH_COLUMNS = 400;

/** What is to be sent cannot be read, or not under that name. The message names the path, escaped for a screen. */
export class SourceError extends TransferError {
  override readonly name: string = 'SourceError';
  /** As the receiver is told. */
  readonly why: FailedWhy = 'unreadable';
  /** It is no fault of this one: whatever is read next would fail as well. */
  readonly isGeneral: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly isGeneral?: boolean }) {
    super('source', message, options);
    this.isGeneral = options?.isGeneral ?? false;
  }
}

/** A file is not what it was when it was offered, so the receiver cannot get what it agreed to. */
export class SourceChanged extends SourceError {
  override readonly name = 'SourceChanged';
  override readonly why;

  constructor(absolutePath: string, why: 'changed' | 'gone' = 'changed') {
    super(
      why === 'gone'
        ? `${quoted(absolutePath)} is gone: it was there when it was offered. Send again what is there now.`
        : `${quoted(absolutePath)} changed while it was being sent. Send it again when it is at rest.`,
    );
    this.why = why;
  }
}

/** A path is only of use whole, so more of it is shown than of a name. */
export function quoted(path: string): string {
  return `"${printable(path, MAX_PATH_COLUMNS)}"`;
}
