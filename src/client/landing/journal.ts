import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { landingError } from './errors.js';
import { openPatiently } from './patience.js';
import { JOURNAL_VERSION, type JournalRecord } from './journal-records.js';

const BATCH_LENGTH = 64 * 1024;

/** Writes a journal. Lines that come while others are being written go out together. */
export class Journal {
  readonly path: string;
  #handle: FileHandle;
  #text = '';
  #writing: Promise<void> | undefined;
  #failure: unknown;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** A new one in place of any other. */
  static async create(path: string, fingerprint: string): Promise<Journal> {
    return new Journal(path, await openNew(path, fingerprint, []));
  }

  /** Goes on after the `end` bytes that count. */
  static async continue(path: string, end: number): Promise<Journal> {
    await fs.truncate(path, end);
    return new Journal(path, await openPatiently(() => fs.open(path, 'a')));
  }

  /** Begins again, keeping nothing but the top-level names that are ours, and what is left over. */
  async restart(
    fingerprint: string,
    tops: Iterable<readonly [string, string]>,
    left: Iterable<readonly [string, number]>,
  ): Promise<void> {
    await this.close();
    const records = function* (): Generator<JournalRecord> {
      for (const [offered, final] of tops) yield ['top', offered, final];
      for (const [key, bytes] of left) yield ['left', key, bytes];
    };
    this.#handle = await openNew(this.path, fingerprint, records());
  }

  append(record: JournalRecord): void {
    this.#text += `${JSON.stringify(record)}\n`;
    this.#writing ??= this.#write();
  }

  /** Resolves when the system has every line, so that they outlive this process. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw landingError(this.#failure, this.path);
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#handle.close();
  }

  /** Never rejects. After a failure nothing more is written: it would stand behind a torn line. */
  async #write(): Promise<void> {
    try {
      while (this.#text !== '' && this.#failure === undefined) {
        const text = this.#text;
        this.#text = '';
        await this.#handle.appendFile(text);
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = undefined;
    }
  }
}

/** A process that is killed on the way leaves the old journal or the new one. */
async function openNew(
  path: string,
  fingerprint: string,
  records: Iterable<JournalRecord>,
): Promise<FileHandle> {
  const lines = function* (): Generator<string> {
    yield `${JSON.stringify({ version: JOURNAL_VERSION, offer: fingerprint })}\n`;
    for (const record of records) yield `${JSON.stringify(record)}\n`;
  };
  const draft = `${path}.new`;
  await fs.rm(draft, { force: true });
  await openPatiently(() => fs.writeFile(draft, batched(lines()), { flag: 'wx', mode: 0o600 }));
  await fs.rename(draft, path);
  return openPatiently(() => fs.open(path, 'a'));
}

/** A call to the system for every line would cost more than the lines. */
function* batched(lines: Iterable<string>): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < BATCH_LENGTH) continue;
    yield text;
    text = '';
  }
  yield text;
}
