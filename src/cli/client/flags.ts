import { type Command, CommanderError, Option } from 'commander';
import { silentCommand } from '../silent-command.js';
import type { Kind } from '../flags/kinds.js';

/** An option of `relay-send` or `relay-receive`: all that parsing, --help and the completion scripts know of it. */
export interface Flag {
  /** `-q, --quiet` */
  readonly flag: string;
  readonly about: string;
  /** Undefined for one that is given or not. */
  readonly kind?: Kind<unknown>;
  /** What a shell completes its value with. */
  readonly completes?: 'paths' | readonly string[];
}

/** One with a value; `variable` is read where the flag is not given. */
export interface ValueFlag<Value> extends Flag {
  readonly kind: Kind<Value>;
  readonly variable?: string;
}

export interface Program {
  readonly name: 'relay-send' | 'relay-receive';
  readonly usage: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  /** Whether its arguments are paths, which shells can complete. */
  readonly takesPaths: boolean;
  readonly examples: string;
}

/** Nothing to transfer: print this, then exit. */
export interface ExitSettings {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** A command line or an environment that cannot be run with; the message is for the user, in one line. */
export class UsageError extends Error {}

/**
 * Reads a command line: prints nothing, exits nowhere.
 * @param argv `process.argv`, or the like: its first two entries are passed over.
 * @param read makes the settings of what was given; a `UsageError` of it becomes an exit with code 2.
 */
export function parseCommandLine<Settings>(
  program: Program,
  argv: readonly string[],
  version: string,
  read: (given: Given, operands: readonly string[]) => Settings | ExitSettings,
): Settings | ExitSettings {
  let stdout = '';
  const command = describe(program, version, (text) => {
    stdout += text;
  });
  try {
    command.parse([...argv], { from: 'node' });
    return read(command.opts<Given>(), command.args);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0)
      return { kind: 'exit', code: 0, stdout, stderr: '' };
    if (error instanceof CommanderError) return badUsage(program.name, reworded(program, error));
    if (error instanceof UsageError) return badUsage(program.name, error.message);
    throw error;
  }
}

export function isGiven(flag: Flag, given: Given): boolean {
  return given[new Option(flag.flag).attributeName()] !== undefined;
}

/**
 * The value of a flag, else of its variable; an empty variable counts as not set.
 * @throws {UsageError} where what is given is no value of the flag. It names the flag and never repeats the value,
 *   which may be a secret.
 */
export function valueOf<Value>(
  { flag, kind, variable }: ValueFlag<Value>,
  given: Given,
  env: NodeJS.ProcessEnv,
): Value | undefined {
  const onCommandLine = given[new Option(flag).attributeName()];
  const inVariable = variable === undefined || env[variable] === '' ? undefined : env[variable];
  const text = typeof onCommandLine === 'string' ? onCommandLine : inVariable;
  if (text === undefined) return undefined;
  const value = kind.read(text);
  if (value !== undefined) return value;
  const origin = typeof onCommandLine === 'string' ? '' : ` (from ${variable ?? ''})`;
  throw new UsageError(`${longOf(flag)}${origin}: that is not ${kind.expected}.`);
}

/** @throws {UsageError} where both are given. */
export function excludeEachOther(a: Flag, b: Flag, given: Given): void {
  if (isGiven(a, given) && isGiven(b, given))
    throw new UsageError(`${longOf(a.flag)} and ${longOf(b.flag)} exclude each other: give one of them.`);
}

export function longOf(flag: string): string {
  return flag.slice(flag.indexOf('--'));
}

function badUsage(name: string, message: string): ExitSettings {
  return { kind: 'exit', code: 2, stdout: '', stderr: `${name}: ${message}\n` };
}

/** The command line as commander reads it: what is given as text, unchecked; --help; --version. */
function describe(program: Program, version: string, write: (text: string) => void): Command {
  const command = silentCommand(program.name, write)
    .description(program.about)
    .usage(program.usage)
    .argument('[operands...]')
    .version(version, '-V, --version', 'show the version')
    .addHelpText('after', program.examples)
    .configureHelp({ visibleArguments: () => [] });
  for (const { flag, about, kind } of program.flags) {
    command.addOption(new Option(kind === undefined ? flag : `${flag} ${kind.placeholder}`, about));
  }
  return command;
}

/** Commander's own message in one line, without any value that was typed. */
function reworded({ name, flags }: Program, { code, message }: CommanderError): string {
  const lacking = flags.find(({ flag }) => message.includes(`'${flag} <`));
  if (code === 'commander.optionMissingArgument' && lacking?.kind !== undefined)
    return `${longOf(lacking.flag)}: its value is missing, ${lacking.kind.expected}.`;
  if (code === 'commander.unknownOption') {
    const typed = /'(-{1,2}[A-Za-z][A-Za-z-]{0,30})/.exec(message)?.[1];
    const meant = /\(Did you mean (.+)\?\)$/.exec(message)?.[1];
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return `there is no option${typed === undefined ? ' like that' : ` ${typed}`}.${hint} See ${name} --help.`;
  }
  return `the command line cannot be read. See ${name} --help.`;
}
