/** Who takes what a line reads. */
export interface LineReader {
  /** @param chunk a view, good until the line is read again */
  take(chunk: Uint8Array): void;
  /** Where the bytes behind those belong, asked behind each `take`: a line may read to there, so that nobody copies them. */
  space?(): Uint8Array | undefined;
}

/**
 * A connection to the relay, and through it to the other side: a stream of bytes each way. A line reads nothing that nobody
 * asked for, which is the backpressure of that direction.
 */
export interface Line {
  /**
   * Reads once: gives what is there to `reader`, or waits for it.
   * One read is under way at a time. What is given is given within this turn, before the promise is looked at.
   * @returns false behind the other side's end, when nothing was given
   * @throws LineCut
   */
  read(reader: LineReader): Promise<boolean>;
  /**
   * Writes the pieces in order, together where the line can. They must stay what they are.
   * Resolves when the line takes more, which need not be waited for.
   * @throws LineCut, also after `end`
   */
  write(pieces: readonly Uint8Array[]): Promise<void>;
  /** Bytes that were written, and that the system has not taken yet. */
  readonly unsent: number;
  /**
   * Ends this side's direction. What comes from here on is read and forgotten, up to the other side's end.
   * Resolves when all that was written is out, or the line is gone.
   */
  end(): Promise<void>;
  /** Resolves when both directions are over, in order or not. Never rejects. */
  readonly closed: Promise<void>;
  /** Drops the line at once: the relay counts this side as gone. A read or a write under way is cut. */
  abandon(): void;
}
