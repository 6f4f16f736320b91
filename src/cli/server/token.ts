import { randomBytes } from 'node:crypto';
import { appendSender } from '../../ops/senders/append-sender.js';
import { formatSender, isSenderName, SendersFileError } from '../../ops/senders/senders-file.js';
import type { CommandLine } from '../flags/command-line.js';
import { FILE } from '../flags/kinds.js';
import { printExit, settingsOf } from '../flags/main.js';
import { describedBehind, type Program } from '../flags/program.js';
import { UsageError } from '../flags/wording.js';

/** 192 bits, in 32 characters of the code alphabet. */
const TOKEN_BYTES = 24;

const MISUSE = 'it takes one name, and --append <file>. See --help.';
const misuse = (): string => MISUSE;

const TOKEN: Program = {
  name: 'relay-server token',
  usage: '[options] <name>',
  about: 'Draws a token for a sender, and its line for the senders file.',
  flags: {
    append: {
      flag: '--append',
      kind: FILE,
      about: 'add the line to this file, which is made if need be',
    },
  },
  operands: 'words',
  describe: describedBehind,
  wording: { badValue: misuse, missingValue: misuse, unknownFlag: misuse, surplus: misuse },
  epilogue: `
Standard output has the token and the line, or with --append the token alone.
The token is shown this once: the file holds its hash only.

Examples:
  $ relay-server token ada
  $ (umask 077; relay-server token ada --append senders > ada.token)`,
};

/**
 * Draws a token for a sender, and tells it and its line in the senders file.
 * @param argv behind `token`: the name, and perhaps `--append <file>`
 * @returns the exit code: 1 where the file cannot be added to, 2 for bad usage.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  const wanted = settingsOf(TOKEN, argv, undefined, read);
  if ('kind' in wanted) return printExit(wanted);
  const { name, append } = wanted;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  if (append === undefined) {
    stdout.write(`token: ${token}\nline:  ${formatSender(name, token)}\n`);
    stderr.write(`The token is for ${name}, the line for the senders file. The token is shown this once.\n`);
    return 0;
  }
  try {
    await appendSender(append, name, token);
  } catch (error) {
    stderr.write(`${TOKEN.name}: ${JSON.stringify(append)} was not changed: ${problemOf(error)}.\n`);
    return 1;
  }
  // First in the file: a token that nobody knows does no harm, one that was given away must work.
  stdout.write(`${token}\n`);
  stderr.write(`The token of ${name}, shown this once. Tell the relay to read the file again: SIGHUP.\n`);
  return 0;
}

/** @throws {UsageError} */
function read({ typed: { append }, operands: [name, ...surplus] }: CommandLine) {
  if (name === undefined || surplus.length > 0) throw new UsageError(MISUSE);
  if (!isSenderName(name))
    throw new UsageError('a name is 1 to 64 letters, digits, hyphens, underscores and dots.');
  // Whether there can be such a file shows when it is written.
  return { name, append: append === undefined ? undefined : `${append}` };
}

function problemOf(error: unknown): string {
  if (error instanceof SendersFileError) return error.message;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such directory';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission to write there';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
