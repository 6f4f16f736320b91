import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../transfer/entry.js';
import { Account } from './account.js';
import { settleDirectories } from './directories.js';
import { LandingError } from '../../transfer/landing.js';
import { about, landingError } from './errors.js';
import { syncDirectory } from './files.js';
import type { Journal } from './journal.js';
import { readLeftovers } from './leftovers.js';
import type { Landed, Landing, ResumePoint } from '../../transfer/landing.js';
import * as ledger from './ledger.js';
import { printable } from '../../transfer/names.js';
import { Notices } from './notices.js';
import { PartialFile } from './partial.js';
import { Placer } from './placer.js';
import type { LandingPlan } from './plan.js';
import { rightsOf } from './rights.js';
import { LandedFile, SmallFile } from './small.js';
import { leaveStaging, partialIn } from './staging.js';
import { missingOf } from './still-there.js';
import { leavePlace, takePlace, type Taken } from './taken.js';
import { Tops } from './tops.js';
import { Tree } from './tree.js';
import { UnderWay } from './under-way.js';
import { type Job, Window } from './window.js';

/** For an entry that has everything already, and counts in its turn. */
const NOTHING_TO_DO: Job = {
  write: () => undefined,
  sync: () => Promise.resolve(),
  place: () => Promise.resolve(),
};

interface Current {
  readonly entry: Entry;
  readonly parts: readonly string[];
  /** A directory that this transfer made, so that it gets the rights that it is to have. */
  readonly isOurs: boolean;
}

/** A landing on the file system: a staging directory, its journal, and one entry at a time. */
export class DiskLanding implements Landing {
  readonly #plan: LandingPlan;
  readonly #taken: Taken;
  readonly #journal: Journal;
  readonly #tops: Tops;
  readonly #tree: Tree;
  readonly #placer: Placer;
  readonly #underWay: UnderWay;
  readonly #window = new Window();
  readonly #account: Account;
  #current: Current | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Something that is worth going on with came, now or in an earlier process; directories alone are not. */
  #isWorthIt: boolean;
  readonly #notices: Notices;
  #isOpen = true;

  static async open(plan: LandingPlan): Promise<DiskLanding> {
    const taken = await takePlace(plan);
    try {
      const landing = new DiskLanding(plan, taken);
      if (taken.kept !== undefined && taken.kept.index > 0) await landing.#checkStillThere();
      return landing;
    } catch (error) {
      await leavePlace(taken, taken.kept === undefined);
      throw error;
    }
  }

  private constructor(plan: LandingPlan, taken: Taken) {
    const { asName, options } = plan;
    const { whenExists, offer } = options;
    const { directory, journal, kept } = taken;
    this.#plan = plan;
    this.#notices = new Notices(options.notice);
    this.#taken = taken;
    this.#journal = journal;
    this.#isWorthIt = kept !== undefined && (kept.index > 0 || kept.tops.size > 0);
    const keptTops = kept?.tops ?? new Map<string, string>();
    const tops = new Tops(journal, offer.names, taken.finalNames, keptTops, taken.nameHere);
    const mayMerge = whenExists === 'overwrite';
    const account = new Account(offer, tops, { ...ledger.NOTHING_YET, ...kept }, taken.left);
    this.#account = account;
    const made = (parts: readonly string[]) => {
      journal.append(['made', parts.join('/')]);
      account.addParent(parts);
    };
    const mayMake = (parts: readonly string[]) => account.checkParent(parts);
    const tree = new Tree({ directory, tops, mayMerge, mayMake, made });
    this.#tops = tops;
    this.#tree = tree;
    this.#placer = new Placer({ tree, tops, asName, whenExists, mayBeThere: kept !== undefined });
    this.#underWay = new UnderWay({ path: partialIn(taken.staging), tree, kept });
  }

  async resumePoint(): Promise<ResumePoint> {
    this.#check();
    const offset = await this.#offsetHere();
    const digest =
      offset === 0
        ? undefined
        : await this.#attempt(partialIn(this.#taken.staging), async () => this.#underWay.sink?.digest());
    const { index, chain, bytes } = this.#account.done;
    return { index, chain, offset, digest, bytes: bytes + offset };
  }

  async restart(): Promise<void> {
    this.#check();
    await this.#attempt(this.#taken.staging, async () => {
      await this.#window.drain();
      await this.#underWay.forget();
      await this.#journal.flush();
      const finalPathOf = (offered: string) => this.#tops.finalPathOf(offered.split('/'));
      const left = await readLeftovers(this.#journal.path, true, finalPathOf);
      await this.#journal.restart(this.#plan.fingerprint, this.#tops.ours, left.sizes);
      this.#account.startOver(left);
    });
    this.#current = undefined;
    this.#placer.expectAgain();
  }

  async begin(entry: Entry, offset: number): Promise<void> {
    this.#check();
    const parts = this.#account.check(entry);
    const here = await this.#offsetHere();
    if (offset !== here && offset !== 0)
      throw new LandingError('mismatch', 'The sender goes on at another place than where this side stopped.');
    const { size } = entry;
    const isOther = this.#underWay.sink instanceof LandedFile && (size ?? here) !== here;
    if (offset > 0 && (offset > (size ?? offset) || isOther)) throw await this.#mismatch(entry);

    let isOurs = false;
    await this.#attempt(entry.path, async () => {
      this.#current = undefined;
      if (entry.kind === 'directory') {
        await this.#underWay.discard();
        isOurs = await this.#tree.makeDirectory(parts, rightsOf(entry));
      } else {
        await this.#tree.makeParents(parts);
        await this.#underWay.prepare(entry, offset, async () => {
          // The partial is always of the entry after those in the journal.
          await this.#window.drain();
          await this.#journal.flush();
          await this.#placer.expectFree(parts);
        });
        if (parts.length === 1) this.#tops.claim(entry.path);
      }
    });
    if (this.#taken.nameHere(parts.at(-1) ?? '') !== parts.at(-1))
      this.#notices.mapped(parts, this.#tops.finalPathOf(parts));
    this.#current = { entry, parts, isOurs };
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#add(chunk.length, (sink) => sink.write(chunk));
  }

  async skip(bytes: number): Promise<void> {
    await this.#add(bytes, (sink) => sink.skip(bytes));
  }

  async flush(): Promise<void> {
    this.#check();
    const { sink } = this.#underWay;
    if (sink instanceof PartialFile) await this.#attempt(sink.path, () => sink.flush());
  }

  async finish(size: number | undefined): Promise<void> {
    this.#check();
    const current = this.#expectCurrent();
    const { entry, parts, isOurs } = current;
    const { sink } = this.#underWay;
    const bytes = sink?.offset ?? 0;
    const isRight = sink === undefined ? size === undefined : bytes === size;
    if (!isRight || bytes !== (entry.size ?? bytes)) throw await this.#mismatch(entry);

    const next = ledger.advance(this.#account.done, entry, bytes);
    const rights = isOurs ? rightsOf(entry) & this.#taken.mask : undefined;
    const count = () => {
      // A stream is told from another by its bytes alone. A later process has them compared, as it does those of a file
      // that has its name and is not noted down.
      if (entry.size !== undefined) this.#journal.append(ledger.recordOf(entry, next, rights));
    };
    this.#underWay.take();
    const smallIn = join(this.#taken.staging, `small-${this.#account.done.index}`);
    // Before it is placed, so that what is counted then holds it.
    const mayRename = this.#account.finish(next, parts);
    this.#isWorthIt ||= entry.kind === 'file' || next.index === this.#plan.options.offer.entries;
    await this.#attempt(entry.path, async () => {
      if (sink instanceof PartialFile) {
        await this.#land(sink, current, mayRename);
        count();
        await this.#journal.flush();
      } else if (sink instanceof SmallFile) {
        await this.#window.add(bytes, this.#landingSmall(sink, smallIn, current, mayRename), count);
      } else {
        await this.#window.add(0, NOTHING_TO_DO, count);
      }
    });
    this.#current = undefined;
  }

  async fail(entry: Entry): Promise<void> {
    this.#check();
    this.#account.check(entry);
    const { index } = this.#account.done;
    await this.#attempt(entry.path, async () => {
      await this.#offsetHere();
      await this.#underWay.discard();
      await this.#window.add(0, NOTHING_TO_DO, () => this.#journal.append(['failed', index]));
    });
    this.#account.fail(entry);
    this.#current = undefined;
  }

  async verify(): Promise<Landed> {
    this.#check();
    const { directory, options } = this.#plan;
    await this.#attempt(directory, async () => {
      await this.#window.drain();
      await this.#journal.flush();
    });
    const { done, failedTops } = this.#account;
    ledger.checkTotals(options.offer, done, (name) => this.#tops.isOurs(name) || failedTops.has(name));
    await this.#attempt(directory, async () => {
      await settleDirectories(this.#journal.path, this.#tree);
      await syncDirectory(this.#taken.directory.path);
    });
    return { files: done.files, bytes: done.bytes, names: this.#tops.finalNamesWithout(failedTops) };
  }

  async complete(): Promise<Landed> {
    const landed = await this.verify();
    this.#isOpen = false;
    const { staging, directory } = this.#taken;
    await about(staging, async () => {
      await this.#journal.close();
      await leaveStaging(directory, this.#taken, !this.#account.hasFailed);
      await this.#tree.close();
    });
    return landed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { staging, directory } = this.#taken;
    await this.#window.settle();
    // What goes wrong here has been thrown before, or will be when it is resumed: all that is lost is what is kept.
    const closed = await Promise.allSettled([this.#underWay.sink?.close(), this.#journal.close()]);
    const partial = await fs.lstat(partialIn(staging)).catch(() => undefined);
    const isWorthless =
      closed.every(({ status }) => status === 'fulfilled') && !this.#isWorthIt && (partial?.size ?? 0) === 0;
    const isNothingLeft = isWorthless && (await this.#tree.takeBack().catch(() => false));
    await leaveStaging(directory, this.#taken, isNothingLeft).catch(() => undefined);
    await this.#tree.close().catch(() => undefined);
  }

  /** Everything comes again where something of what an earlier process counted is there no more. */
  async #checkStillThere(): Promise<void> {
    const missing = await missingOf(this.#journal.path, this.#tree);
    if (missing === undefined) return;
    this.#notices.missing(missing);
    await this.restart();
  }

  /** So many bytes more of the entry that is under way, where it may have them. */
  async #add(bytes: number, work: (sink: PartialFile | SmallFile) => Promise<void>): Promise<void> {
    this.#check();
    const { entry, parts } = this.#expectCurrent();
    if (bytes === 0) return;
    const { sink } = this.#underWay;
    const room = (entry.size ?? this.#account.bytesLeftFor(parts)) - (sink?.offset ?? 0);
    if (sink === undefined || bytes > room) throw ledger.tooMuch();
    if (sink instanceof LandedFile) throw await this.#mismatch(entry);
    await this.#attempt(entry.path, () => work(sink));
  }

  /** Bytes that are here of the entry that is under way. */
  async #offsetHere(): Promise<number> {
    const { bytesLeft } = this.#account;
    await this.#attempt(partialIn(this.#taken.staging), () => this.#underWay.read(bytesLeft));
    return this.#underWay.sink?.offset ?? 0;
  }

  async #land(sink: PartialFile, { entry, parts }: Current, mayRename: () => void): Promise<void> {
    const { modifiedMs, path } = entry;
    await sink.seal(modifiedMs, rightsOf(entry) & this.#taken.mask, this.#notices.unsynced);
    this.#journal.append(['placing', this.#account.done.index - 1, sink.offset, path]);
    await this.#journal.flush();
    await this.#placer.place(sink.path, parts, mayRename);
  }

  #landingSmall(sink: SmallFile, path: string, { entry, parts }: Current, mayRename: () => void): Job {
    const { modifiedMs } = entry;
    return {
      write: () => about(entry.path, () => sink.store(path, modifiedMs, rightsOf(entry))),
      sync: () => about(entry.path, () => sink.sync(this.#notices.unsynced)),
      place: () =>
        about(entry.path, async () => {
          // Its name at the top must be known to be ours before it is there.
          if (parts.length === 1) await this.#journal.flush();
          await this.#placer.place(path, parts, mayRename);
        }),
    };
  }

  /** What is here of an entry is wrong: it goes, and the entry may come again. */
  async #mismatch(entry: Entry): Promise<LandingError> {
    await this.#attempt(entry.path, () => this.#underWay.discard());
    this.#current = undefined;
    return new LandingError(
      'mismatch',
      `What came of "${printable(entry.path)}" is not what the sender has. It was deleted and has to come again.`,
    );
  }

  #expectCurrent(): Current {
    if (this.#current === undefined) throw new Error('No entry was begun.');
    return this.#current;
  }

  #check(): void {
    if (!this.#isOpen) throw new Error('The landing is closed.');
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Whatever fails in here is the end of this landing: what is on the disk may be other than what is remembered. */
  async #attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#failure = { error: landingError(error, path) };
      throw this.#failure.error;
    }
  }
}
