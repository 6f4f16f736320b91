import { type Command, CommanderError, Option } from 'commander';
import { silentCommand } from '../silent-command.js';
import { type Flag, longOf, variableOf } from './flag.js';
import { FLAG_NAMES, FLAGS } from '../server/flags.js';
import { reworded, UsageError } from './wording.js';

/** `relay-server`, or one of its commands that take the same flags. */
export interface Program {
  readonly name: 'relay-server' | `relay-server ${string}`;
  readonly about: string;
  /** Switches of its own, beside the settings. */
  readonly own: readonly { readonly flag: string; readonly about: string }[];
  readonly epilogue: string;
}

const ALL: readonly Flag<unknown>[] = FLAG_NAMES.map((name) => FLAGS[name]);

/** What stands on a command line, unchecked: text for flags with a value, `true` for those without. */
export type Typed = Readonly<Record<string, string | true | undefined>>;

/**
 * Reads a command line. Prints nothing and exits nowhere.
 * @param words what stands behind the program's name
 * @returns what was typed, or what --help and --version print
 * @throws {UsageError}
 */
export function readCommandLine(
  program: Program,
  words: readonly string[],
  version: string,
): { readonly typed: Typed } | { readonly stdout: string } {
  let stdout = '';
  const command = describe(program, version, (text) => {
    stdout += text;
  });
  try {
    command.parse([...words], { from: 'user' });
    return { typed: command.opts<Typed>() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { stdout };
    throw new UsageError(reworded(error, command.args, ALL, program.name));
  }
}

/** The flag that a name without a flag resembles, as a person who mistyped it would mean: `--port` for `--prot`. */
export function flagLike(flag: string): Flag<unknown> | undefined {
  const command = describe({ name: 'relay-server', about: '', own: [], epilogue: '' }, '', () => undefined);
  try {
    command.parse([flag], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Of several that are as near, the first.
    const meant = /\(Did you mean (?:one of )?(--[a-z-]+)/.exec(error.message)?.[1];
    return ALL.find((one) => longOf(one) === meant);
  }
}

/** The command line as commander reads it. */
function describe(program: Program, version: string, write: (text: string) => void): Command {
  const command = silentCommand(program.name, write)
    .description(program.about)
    .usage('[options]')
    .version(version, '-V, --version', 'show the version')
    .addHelpText('after', program.epilogue);
  for (const { flag, about } of program.own) command.option(flag, about);
  for (const flag of ALL) {
    // Not commander's own default and variable: it reads process.env, and takes an empty variable for a value.
    const { placeholder } = flag.kind;
    const isSwitch = placeholder === '';
    const text = `${flag.about}\n(default: ${flag.fallback}, ${variableOf(flag)}${isSwitch ? '=true' : ''})`;
    const written = isSwitch ? flag.flag : `${flag.flag} ${placeholder}`;
    command.addOption(new Option(written, text).helpGroup(flag.group));
  }
  return command;
}
