import { Command, CommanderError, Option } from 'commander';
import { type Flag, type Flags, longOf, synopsisOf } from './flag.js';
import type { Program } from './program.js';
import { UsageError } from './wording.js';

/** What stands on a command line, unchecked, as commander names it: text for flags with a value, `true` for those without. */
export type Typed = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandLine {
  readonly typed: Typed;
  readonly operands: readonly string[];
}

/** What --help and --version print. */
export interface Printed {
  readonly stdout: string;
}

/**
 * Reads a command line. Prints nothing and exits nowhere.
 * @param words what stands behind the program's name
 * @param version undefined where the program has no --version
 * @throws {UsageError}
 */
export function readCommandLine(
  program: Program,
  words: readonly string[],
  version?: string,
): CommandLine | Printed {
  let stdout = '';
  const command = describe(program, version, (text) => {
    stdout += text;
  });
  try {
    command.parse([...words], { from: 'user' });
    return { typed: command.opts<Typed>(), operands: command.args };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { stdout };
    throw new UsageError(reworded(error, program, command.args));
  }
}

/** The flag that a name without a flag resembles, as a person who mistyped it would mean: `--port` for `--prot`. */
export function flagLike(name: string, flags: Flags): Flag | undefined {
  const command = silentCommand('', () => undefined).version('', '-V, --version');
  for (const flag of Object.values(flags)) command.addOption(new Option(synopsisOf(flag)));
  try {
    command.parse([name], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Of several that are as near, the first.
    const meant = /\(Did you mean (?:one of )?(--[a-z-]+)/.exec(error.message)?.[1];
    return Object.values(flags).find((one) => longOf(one) === meant);
  }
}

/** The command line as commander reads it: what is given as text, unchecked; --help; --version. */
function describe(program: Program, version: string | undefined, write: (text: string) => void): Command {
  const command = silentCommand(program.name, write)
    .description(program.about)
    .usage(program.usage)
    .addHelpText('after', program.epilogue);
  if (program.operands !== undefined)
    command.argument('[operands...]').configureHelp({ visibleArguments: () => [] });
  if (version !== undefined) command.version(version, '-V, --version', 'show the version');
  for (const flag of Object.values(program.flags)) {
    // Not commander's own default and variable: it reads process.env, and takes an empty variable for a value.
    const option = new Option(synopsisOf(flag), program.describe(flag));
    command.addOption(flag.group === undefined ? option : option.helpGroup(flag.group));
  }
  return command;
}

/** One that prints nothing itself and exits nowhere: what --help and --version print goes to `write`. */
function silentCommand(name: string, write: (text: string) => void): Command {
  return new Command(name)
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    });
}

/** Commander's error in the program's words. */
function reworded(
  { code, message }: CommanderError,
  { name, flags, wording }: Program,
  operands: readonly string[],
): string {
  if (code === 'commander.excessArguments') return wording.surplus(operands[0] ?? '', name);
  const lacking = Object.values(flags).find(({ flag }) => message.includes(`'${flag} <`));
  if (code === 'commander.optionMissingArgument' && lacking !== undefined)
    return wording.missingValue(lacking, name);
  // It repeats what was typed, and has its suggestion on a second line.
  return wording.unknownFlag(message.replace(/^error: /, '').replace(/\n(?=\(Did you mean )/, ' '), name);
}
