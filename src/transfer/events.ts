import type { Offer } from './entry.js';
import type { FailedWhy } from './transfer-messages.js';

/**
 * What a transfer tells while it goes on. `peer` is 1 to N: which of several receivers; a receiver's own events say 1.
 * The objects are plain data: `--json` prints them as they are.
 */
export type TransferEvent =
  /** A receiver can join. The one event that holds the code. */
  | { readonly event: 'code'; readonly code: string }
  /** The room is open and the other side is not there; the relay closes it in so many seconds. */
  | { readonly event: 'waiting'; readonly secondsLeft: number }
  /** Both sides have shown each other that they hold the code. */
  | { readonly event: 'connected'; readonly peer: number }
  /** Somebody joined with other words; at no tries left the code is given up. */
  | { readonly event: 'wrong-code'; readonly triesLeft: number }
  /**
   * Somebody came to the code's room who did not show that they know the code; `why` is a sentence. Nothing is lost: the room
   * is open again in so many milliseconds.
   */
  | { readonly event: 'stranger'; readonly why: string; readonly retryInMs: number }
  /** What is sent: names as the sender has them, not yet escaped. */
  | { readonly event: 'offer'; readonly offer: Offer }
  /** The receiver agreed: bytes come from here on. Again after each cut. */
  | { readonly event: 'agreed'; readonly peer: number }
  /** So many bytes were there from before and need not be sent again. */
  | { readonly event: 'resumed'; readonly bytes: number; readonly peer: number }
  /** What was there from before did not match; `why` is a sentence. The transfer starts at the beginning. */
  | { readonly event: 'restarted'; readonly why: string; readonly peer: number }
  /** Of `total` bytes (undefined: nobody knows yet) so many are over; `path` is the entry that is going over. */
  | {
      readonly event: 'progress';
      readonly bytes: number;
      readonly total: number | undefined;
      readonly path: string;
      readonly peer: number;
    }
  /** The line was cut; `why` is a sentence. The next try is in so many milliseconds. */
  | { readonly event: 'cut'; readonly why: string; readonly retryInMs: number; readonly peer: number }
  /** Every byte arrived and was verified, but for those of `failed`. `names` are the names at the top, under which it landed. */
  | {
      readonly event: 'done';
      readonly files: number;
      readonly bytes: number;
      readonly names: readonly string[];
      readonly peer: number;
      /** Since it was agreed to, cuts included; left out where nothing had to come. */
      readonly seconds?: number;
      /** The mean over these, without the bytes that were there from before. */
      readonly bytesPerSecond?: number;
      /** What did not come; nothing where all did. */
      readonly failed?: FailedEntries;
    }
  /** What a person should know and what is no failure; `message` is a sentence, safe to print. From a receiver. */
  | { readonly event: 'notice'; readonly message: string }
  /** So many links, devices, sockets and pipes were left out; the first of them by their paths. */
  | { readonly event: 'skipped'; readonly count: number; readonly paths: readonly string[] }
  /** So many files and directories cannot be read now. They are tried again in their turn. */
  | { readonly event: 'unreadable'; readonly count: number; readonly paths: readonly string[] };

/** Entries that did not come: how many, how many of them are files, and the first of them. */
export interface FailedEntries {
  readonly count: number;
  readonly files: number;
  readonly named: readonly { readonly path: string; readonly why: FailedWhy }[];
}

export type Report = (event: TransferEvent) => void;
