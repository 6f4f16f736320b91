import type { Entry, Offer } from '../../transfer/entry.js';
import type { Amount, Leftovers } from './leftovers.js';
import * as ledger from './ledger.js';
import type { Tops } from './tops.js';

/** What has landed of an offer, all of it: the entries that count, and what lies there beside them. */
export class Account {
  readonly #offer: Offer;
  readonly #tops: Tops;
  readonly #names: ReadonlySet<string>;
  readonly #failedTops = new Set<string>();
  readonly #landedTops = new Set<string>();
  #done: ledger.Progress;
  #left: Leftovers;
  #hasFailed = false;

  constructor(offer: Offer, tops: Tops, done: ledger.Progress, left: Leftovers) {
    this.#offer = offer;
    this.#tops = tops;
    this.#names = new Set(offer.names);
    this.#done = done;
    this.#left = left;
  }

  /** The entries that were finished; those of them that are small may still be on their way to the disk. */
  get done(): ledger.Progress {
    return this.#done;
  }

  /** Entries did not come. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Those of them that are at the top, as they were offered, and under which nothing lies. */
  get failedTops(): ReadonlySet<string> {
    return this.#failedTops;
  }

  get bytesLeft(): number {
    return ledger.bytesLeft(this.#offer, this.#done);
  }

  /** The same, where the entry of that path is to come beside all that lies there. */
  bytesLeftFor(parts: readonly string[]): number {
    return ledger.bytesLeft(this.#offer, this.#done, this.#beside(parts));
  }

  /** @returns the checked parts of the path. @throws LandingError */
  check(entry: Entry): readonly string[] {
    return ledger.checkEntry(entry, this.#offer, this.#names, this.#done, (parts) => this.#beside(parts));
  }

  /** A directory is to be made on the way to an entry. @throws LandingError where that is too much */
  checkParent(parts: readonly string[]): void {
    const beside = this.#beside(parts);
    // The entry that is about to come, and the directory.
    if (this.#done.index + beside.entries + 2 > this.#offer.entries) throw ledger.tooMuch(beside);
  }

  addParent(parts: readonly string[]): void {
    // Those at the top were offered by name.
    if (parts.length > 1) this.#left.add(this.#tops.finalPathOf(parts), 0);
  }

  /**
   * An entry is finished, and takes the place of what an earlier start left there.
   *
   * @returns to be called when it gets another name after all, so that what was there stays: throws a LandingError
   *   where both are too much
   */
  finish(next: ledger.Progress, parts: readonly string[]): () => void {
    this.#done = next;
    this.#landedTops.add(parts[0] ?? '');
    this.#failedTops.delete(parts[0] ?? '');
    const path = this.#tops.finalPathOf(parts);
    const size = this.#left.take(path);
    return () => {
      if (size === undefined) return;
      this.#left.add(path, size);
      const { entries, bytes } = this.#left.amount;
      const isRoom = this.#done.index + entries <= this.#offer.entries;
      if (!isRoom || bytes > this.bytesLeft) throw ledger.tooMuch(this.#left.amount);
    };
  }

  /** An entry will not come. */
  fail(entry: Entry): void {
    this.#done = ledger.pass(this.#done, entry);
    this.#hasFailed = true;
    if (!this.#landedTops.has(entry.path) && this.#names.has(entry.path)) this.#failedTops.add(entry.path);
  }

  startOver(left: Leftovers): void {
    this.#done = ledger.NOTHING_YET;
    this.#hasFailed = false;
    this.#failedTops.clear();
    this.#landedTops.clear();
    this.#left = left;
  }

  /** What lies there and is not what the entry of that path would replace. */
  #beside(parts: readonly string[]): Amount {
    return this.#left.amountBeside(this.#tops.finalPathOf(parts));
  }
}
