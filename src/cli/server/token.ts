import { randomBytes } from 'node:crypto';
import { type Command, CommanderError } from 'commander';
import { appendSender } from '../../ops/append-sender.js';
import { formatSender, isSenderName, SendersFileError } from '../../ops/senders-file.js';
import { silentCommand } from '../silent-command.js';

/** 192 bits, in 32 characters of the code alphabet. */
const TOKEN_BYTES = 24;

const EPILOGUE = `
Standard output has the token and the line, or with --append the token alone.
The token is shown this once: the file holds its hash only.

Examples:
  $ relay-server token ada
  $ (umask 077; relay-server token ada --append senders > ada.token)`;

/**
 * Draws a token for a sender, and tells it and its line in the senders file.
 * @param argv behind `token`: the name, and perhaps `--append <file>`
 * @returns the exit code: 1 where the file cannot be added to, 2 for bad usage.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  const fail = (code: 1 | 2, message: string): number => {
    stderr.write(`relay-server token: ${message}\n`);
    return code;
  };
  const command = describe((text) => stdout.write(text));
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : fail(2, 'it takes one name, and --append <file>. See --help.');
  }
  const [name = ''] = command.args;
  if (!isSenderName(name))
    return fail(2, 'a name is 1 to 64 letters, digits, hyphens, underscores and dots.');
  const { append } = command.opts<{ readonly append?: string }>();
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  if (append === undefined) {
    stdout.write(`token: ${token}\nline:  ${formatSender(name, token)}\n`);
    stderr.write(`The token is for ${name}, the line for the senders file. The token is shown this once.\n`);
    return 0;
  }
  try {
    await appendSender(append, name, token);
  } catch (error) {
    return fail(1, `${JSON.stringify(append)} was not changed: ${problemOf(error)}.`);
  }
  // First in the file: a token that nobody knows does no harm, one that was given away must work.
  stdout.write(`${token}\n`);
  stderr.write(`The token of ${name}, shown this once. Tell the relay to read the file again: SIGHUP.\n`);
  return 0;
}

function describe(write: (text: string) => void): Command {
  return silentCommand('relay-server token', write)
    .description('Draws a token for a sender, and its line for the senders file.')
    .usage('[options] <name>')
    .argument('<name>')
    .option('--append <file>', 'add the line to this file, which is made if need be')
    .addHelpText('after', EPILOGUE)
    .configureHelp({ visibleArguments: () => [] });
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
