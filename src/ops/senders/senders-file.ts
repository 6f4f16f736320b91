import { hash } from 'node:crypto';
import { MAX_CODE_LENGTH } from '../../protocol/limits.js';

/** Hash of a token to the name of the sender whose it is. */
export type Senders = ReadonlyMap<string, string>;

/** A senders file that cannot be used. The message names the line and never repeats it. */
export class SendersFileError extends Error {
  override readonly name = 'SendersFileError';
}

const NAME = new RegExp(`^[A-Za-z0-9._-]{1,${MAX_CODE_LENGTH}}$`);

/** Names the scheme, so that another one can come beside it. */
const SCHEME = 'sha256$';
const HASH = /^sha256\$[0-9a-f]{64}$/;

/** What a sender may be called: the alphabet of codes, so that it fits into a log, a label and a file's line. */
export function isSenderName(text: string): boolean {
  return NAME.test(text);
}

/**
 * As it stands in the file. A fast hash is enough for tokens that are drawn: nobody can try 192 bits. It is none for
 * words that people choose.
 */
export function hashToken(token: string): string {
  return SCHEME + hash('sha256', token, 'hex');
}

/** A sender's line, without LF. */
export function formatSender(name: string, token: string): string {
  return `${name}:${hashToken(token)}`;
}

/**
 * Reads a senders file: a line `name:hash` for each; blank lines and those that begin with `#` are passed over.
 * @throws {SendersFileError} at the first line that is none, at a name or a token that is there twice, and where it
 *   names nobody: that is more often a mistake than meant.
 */
export function parseSenders(text: string): Senders {
  const senders = new Map<string, string>();
  /** Name or hash to the line that it is in. */
  const seen = new Map<string, number>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const number = index + 1;
    const [name = '', hashed = '', ...rest] = line.split(':');
    if (!isSenderName(name) || !HASH.test(hashed) || rest.length > 0) {
      throw new SendersFileError(`line ${number} is not name:hash, as relay-server token writes it`);
    }
    for (const [what, value] of [
      ['name', `name ${name}`],
      ['token', hashed],
    ] as const) {
      const before = seen.get(value);
      if (before !== undefined)
        throw new SendersFileError(`line ${number} has the same ${what} as line ${before}`);
      seen.set(value, number);
    }
    senders.set(hashed, name);
  }
  if (senders.size === 0) throw new SendersFileError('it names no sender. Add one with relay-server token');
  return senders;
}
