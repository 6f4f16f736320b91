import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DailyCounts } from './daily-counts.js';
import { errnoOf } from '../files/errors.js';
import { withFileLock } from '../files/file-lock.js';
import { draftOf, replaceFile } from '../files/replace-file.js';
import { formatQuota, mergeQuota, parseQuota, type QuotaRecord, usedBy } from './record.js';

const SAVE_MS = 5_000;

/** How long one save waits for another process that saves. */
const PATIENCE_MS = 2_000;

export interface QuotaStoreOptions {
  /** Made where it is missing. */
  readonly dir: string;
  /** Milliseconds since 1970, of a clock that may be set. */
  readonly wallNow: () => number;
  /** A pino logger, or the like. */
  readonly logger: {
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
  readonly saveMs?: number;
}

/**
 * Counts of daily quotas that outlive the process, in `quota.json`. Relays that share a directory add up: each adds what it
 * has counted since its last save to what the file says, and goes on from there.
 *
 * Where the file cannot be read or written, a line of the log says so, and the counts are this process's alone until it can.
 */
export class QuotaStore {
  readonly counts: DailyCounts;
  readonly #options: QuotaStoreOptions;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #isBroken = false;

  /** With what was counted before. */
  static async open(options: QuotaStoreOptions): Promise<QuotaStore> {
    const store = new QuotaStore(options);
    // Also without anything to save: it shows now whether it can be.
    await store.save();
    store.#timer = setInterval(() => {
      if (store.counts.pending().bytes.size > 0) void store.save();
    }, options.saveMs ?? SAVE_MS);
    store.#timer.unref();
    return store;
  }

  private constructor(options: QuotaStoreOptions) {
    this.#options = options;
    this.#file = join(options.dir, 'quota.json');
    this.counts = new DailyCounts({ wallNow: options.wallNow });
  }

  /** Resolves when what was counted so far is saved, or cannot be. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#trySave());
    return this.#saving;
  }

  /** Saves a last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.save();
  }

  async #trySave(): Promise<void> {
    const { dir, logger } = this.#options;
    const file = this.#file;
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await withFileLock(`${file}.lock`, PATIENCE_MS, () => this.#merge());
      if (this.#isBroken) logger.info({ file }, 'quotas are saved again');
      this.#isBroken = false;
    } catch (error) {
      if (!this.#isBroken) {
        const why = error instanceof Error ? error.message : String(error);
        logger.warn({ file, why }, 'quotas are not saved: a restart gives senders anew what they used up');
      }
      this.#isBroken = true;
    }
  }

  async #merge(): Promise<void> {
    const pending = this.counts.pending();
    const found = await this.#read();
    const record = mergeQuota(found, pending, this.#options.wallNow(), () => randomBytes(32));
    await this.#write(formatQuota(record));
    this.counts.merged(pending, record.day, (payer) => usedBy(record, payer));
  }

  async #read(): Promise<QuotaRecord | undefined> {
    const file = this.#file;
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    const record = parseQuota(text);
    if (record === undefined) {
      this.#options.logger.warn(
        { file },
        'the file of quotas is damaged: what was used up before is forgotten',
      );
    }
    return record;
  }

  async #write(text: string): Promise<void> {
    // Left behind by a crash; or a link that somebody has laid here, which is not to be followed.
    await rm(draftOf(this.#file), { force: true });
    await replaceFile(this.#file, (draft) => draft.writeFile(text));
  }
}
