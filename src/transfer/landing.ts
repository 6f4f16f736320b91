import type { Entry, Offer } from './entry.js';

/** What the person at the receiver decides on. */
export interface ReceivePlan {
  readonly offer: Offer;
  /** Those of the offer's names that are there already. Under `overwrite` and `rename` too. */
  readonly existing: readonly string[];
  /** Undefined where the system does not tell. */
  readonly freeBytes: number | undefined;
  /** Where it lands, as a person would write it; `-` for standard output. */
  readonly directory: string;
}

/** False: not agreed, nothing is written. `true` keeps what the place does with names that are there; the others take its place. */
export type Answer = boolean | 'overwrite' | 'rename';

/** Where what is received may land. */
export interface Place {
  /**
   * Says before the relay is asked, and before the sender's code is used up, that nothing can land there.
   * @throws LandingError
   */
  check(): Promise<void>;
  /**
   * Says what would happen, touching nothing.
   *
   * @param nameplate digits of the code: what is kept of a transfer that was stopped goes by them
   * @param notice told what a person should know, and what is no failure: a sentence that is safe to print
   * @throws LandingError where it cannot go well
   */
  plan(offer: Offer, nameplate: string, notice: (sentence: string) => void): Promise<PlannedLanding>;
}

export interface PlannedLanding extends Omit<ReceivePlan, 'offer'> {
  /** @throws LandingError where it cannot go well any more */
  open(answer: Exclude<Answer, false>): Promise<Landing>;
}

export interface ResumePoint {
  /** Entries that are complete. */
  readonly index: number;
  /** Running digest over the metadata of those entries, 32 bytes. */
  readonly chain: Uint8Array;
  /** Bytes of entry number `index` that are here, and their SHA-256 (undefined where there are none). */
  readonly offset: number;
  readonly digest: Uint8Array | undefined;
  /** Bytes that are here in all, those of complete entries included. */
  readonly bytes: number;
}

/**
 * Where received files land. Calls follow each other, none before the last has resolved. After a LandingError of the
 * disk every further call fails with the same one: dispose of it, and open another.
 */
export interface Landing extends AsyncDisposable {
  /**
   * Where to go on: all zero for a fresh start. Reads and hashes what is here of the entry that is under way, each byte
   * once in a process.
   */
  resumePoint(): Promise<ResumePoint>;
  /**
   * Forgets everything that is kept (the sender says that it does not match) and starts afresh. Never deletes a file
   * that reached its final name; one that comes again the same is left as it is.
   */
  restart(): Promise<void>;
  /**
   * The next entry, in order; or the one that is under way once more, after the line was cut.
   *
   * @param offset what `resumePoint` says, or 0 to have this entry from its start
   * @throws LandingError where the path is not safe or was not offered, more comes than was offered, or something is
   *   in the way. Nothing was written then
   */
  begin(entry: Entry, offset: number): Promise<void>;
  /**
   * Small chunks are copied and gathered; for others it resolves when the system has them, and they must not change
   * until then.
   *
   * @throws LandingError where there are more bytes than the entry's size
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * The next `bytes` of the entry are zeros. They count as written ones do, for every bound and digest; on the disk of a
   * large file they are a hole, where the file system has such.
   *
   * @throws LandingError where there are more bytes than the entry's size
   */
  skip(bytes: number): Promise<void>;
  /** The system has every byte of a large file or a stream that came so far: they outlive this process. */
  flush(): Promise<void>;
  /**
   * The entry is complete. It is checked, synced, and gets its mode, its time and its final name; a small one may still
   * be on its way there when this resolves, and what goes wrong then is thrown by a later call.
   *
   * @param size bytes of the whole file, as the sender counted them; undefined for a directory
   * @throws LandingError `mismatch`: the partial is deleted, and the entry may come again from its start
   */
  finish(size: number | undefined): Promise<void>;
  /**
   * The next entry, or the one that was begun, will not come. What is here of it goes. It counts as one of the offered
   * ones, with all of its bytes, and a process that goes on later begins with it.
   *
   * @throws LandingError as `begin` does
   */
  fail(entry: Entry): Promise<void>;
  /**
   * Everything came: all of `complete` but removing the staging directory. Tell the sender between the two, and a
   * receiver that is killed right then can say so again.
   */
  verify(): Promise<Landed>;
  /**
   * Checks the totals against the offer, sets the times of directories, syncs them, and removes what was kept; where
   * entries have failed it stays, so that they can still come.
   */
  complete(): Promise<Landed>;
  /** Leaves what can be resumed, closes handles. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Landed {
  readonly files: number;
  readonly bytes: number;
  /** The final names at the top, in the order of the offer; without those that have failed. */
  readonly names: readonly string[];
}

/** What kind of thing stands in the way, for scripts. */
type LandingProblem =
  /** The sender offers a name or a path that is not safe to create. */
  | 'hostile-name'
  /** Something is there already. */
  | 'exists'
  | 'no-space'
  /** This user may not write there, or nobody may. */
  | 'read-only'
  /** A file or a link stands where a directory should be. */
  | 'not-a-directory'
  /** What came is not what was offered or announced, or its digest is another. */
  | 'mismatch'
  /** More came than was offered. */
  | 'too-much'
  /** The system failed in another way. */
  | 'io';

/** Files cannot land, or not so. The message is a sentence for people, safe to print, that says what to do. */
export class LandingError extends Error {
  override readonly name = 'LandingError';
  readonly code: LandingProblem;

  constructor(code: LandingProblem, message: string) {
    super(message);
    this.code = code;
  }
}
