import { readFile } from 'node:fs/promises';
import { fileProblem } from '../../files/errors.js';
import { hashToken, parseSenders, type Senders, SendersFileError } from './senders-file.js';

/** The senders that a relay knows, as its file named them when it was read last. */
export interface KnownSenders {
  /** Whose token this is. Looked up by its hash, so that the time it takes tells nothing about any token. */
  authorize(token: string): string | undefined;
  readonly names: Iterable<string>;
  /** Reads the file again. @throws {SendersFileError} where it cannot be used: those of before stay. */
  reload(): Promise<void>;
}

/** @throws {SendersFileError} */
export async function loadSenders(path: string): Promise<KnownSenders> {
  let senders = await read(path);
  return {
    authorize: (token) => senders.get(hashToken(token)),
    get names() {
      return senders.values();
    },
    async reload() {
      senders = await read(path);
    },
  };
}

async function read(path: string): Promise<Senders> {
  try {
    return parseSenders(await readFile(path, 'utf8'));
  } catch (error) {
    throw new SendersFileError(
      `the senders file ${JSON.stringify(path)} cannot be used: ${error instanceof SendersFileError ? error.message : fileProblem(error)}.`,
      { cause: error },
    );
  }
}
