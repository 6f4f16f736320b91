import { Command, CommanderError, Option } from 'commander';
import { COMMANDS, describeCommands } from './commands.js';
import { type Flag, longOf, variableOf } from './flag.js';
import { FLAG_NAMES, FLAGS } from './flags.js';
import { reworded, UsageError } from './wording.js';

const EPILOGUE = `
Examples:
  $ relay-server
  $ relay-server --port 9000 --host 127.0.0.1 --retry-window 5m
  $ RELAY_ADMIN_PORT=9090 RELAY_LOG_FORMAT=json relay-server

Every flag has the environment variable that stands by its default, and a key
in the file that --config names: its name without the hyphens. The flag wins,
then the variable. Durations are written 500ms, 10s, 2m or 1h.`;

const ALL: readonly Flag<unknown>[] = FLAG_NAMES.map((name) => FLAGS[name]);

/** What stands on a command line, unchecked: text for flags with a value, `true` for those without. */
export type Typed = Readonly<Record<string, string | true | undefined>>;

/**
 * Reads a command line. Prints nothing and exits nowhere.
 * @param argv `process.argv`, or the like: its first two entries are passed over
 * @returns what was typed, or what --help and --version print
 * @throws {UsageError}
 */
export function readCommandLine(
  argv: readonly string[],
  version: string,
): { readonly typed: Typed } | { readonly stdout: string } {
  let stdout = '';
  const program = describe(version, (text) => {
    stdout += text;
  });
  try {
    program.parse([...argv], { from: 'node' });
    return { typed: program.opts<Typed>() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { stdout };
    throw new UsageError(reworded(error, program.args, ALL));
  }
}

/** The flag that a name without a flag resembles, as a person who mistyped it would mean: `--port` for `--prot`. */
export function flagLike(flag: string): Flag<unknown> | undefined {
  const program = describe('', () => undefined);
  try {
    program.parse([flag], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Of several that are as near, the first.
    const meant = /\(Did you mean (?:one of )?(--[a-z-]+)/.exec(error.message)?.[1];
    return ALL.find((one) => longOf(one) === meant);
  }
}

/** The command line as commander reads it. */
function describe(version: string, write: (text: string) => void): Command {
  const program = new Command('relay-server')
    .description('A TCP relay that pairs a sender and a receiver by a short code.')
    .usage('[options]')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', describeCommands(COMMANDS) + EPILOGUE)
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    });
  for (const flag of ALL) {
    // Not commander's own default and variable: it reads process.env, and takes an empty variable for a value.
    const { placeholder } = flag.kind;
    const isSwitch = placeholder === '';
    const text = `${flag.about}\n(default: ${flag.fallback}, ${variableOf(flag)}${isSwitch ? '=true' : ''})`;
    const written = isSwitch ? flag.flag : `${flag.flag} ${placeholder}`;
    program.addOption(new Option(written, text).helpGroup(flag.group));
  }
  return program;
}
