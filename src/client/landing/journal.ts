import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { landingError } from './errors.js';
import { JOURNAL_VERSION, type JournalRecord } from './journal-records.js';

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
    return new Journal(path, await fs.open(path, 'a'));
  }

  /** Begins again, keeping nothing but the top-level names that are ours. */
  async restart(fingerprint: string, tops: Iterable<readonly [string, string]>): Promise<void> {
    await this.close();
    this.#handle = await openNew(this.path, fingerprint, tops);
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
  tops: Iterable<readonly [string, string]>,
): Promise<FileHandle> {
  const lines: unknown[] = [{ version: JOURNAL_VERSION, offer: fingerprint }];
  for (const [offered, final] of tops) lines.push(['top', offered, final]);
  const draft = `${path}.new`;
  await fs.rm(draft, { force: true });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await fs.writeFile(draft, text, { flag: 'wx', mode: 0o600 });
  await fs.rename(draft, path);
  return fs.open(path, 'a');
}
