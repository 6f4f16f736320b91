/** One thing that is sent: a file's bytes, or a directory. Links and devices are not sent. */
export interface Entry {
  /** Relative, its parts joined by `/` on every system; the first part is one of the offer's names. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Bytes; 0 for a directory. Undefined where nobody knows before the end (standard input). */
  readonly size: number | undefined;
  /** Whether its owner may execute it. Always false for a directory. */
  readonly executable: boolean;
  /** Milliseconds since 1970, whole. */
  readonly modifiedMs: number;
  /** Who may read, write and execute it, as POSIX has it: 0 to 0o777. Undefined where nobody said so. */
  readonly mode?: number | undefined;
}

/** What the receiver is asked to agree to, before any of it is sent. */
export interface Offer {
  /** `text` goes to the receiver's screen, `stream` is standard input with a name; else files and directories. */
  readonly kind: 'files' | 'text' | 'stream';
  /** The names at the top: what a person sees, and where it lands. */
  readonly names: readonly string[];
  /** Bytes under each of the names, in the same order; older senders do not tell. */
  readonly sizes?: readonly number[];
  /** Entries in all, directories included. */
  readonly entries: number;
  /** Bytes in all; undefined where nobody knows before the end. */
  readonly bytes: number | undefined;
}
