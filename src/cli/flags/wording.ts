import type { CommanderError } from 'commander';
import { type Flag, longOf } from './flag.js';

/** A command line or an environment that cannot be run with; the message is for the user, in one line. */
export class UsageError extends Error {}

/** Commander's own message in one line: it repeats what was typed, and has its suggestion on a second line. */
export function reworded(
  { code, message }: CommanderError,
  args: readonly string[],
  flags: readonly Flag<unknown>[],
  program: string,
): string {
  if (code === 'commander.excessArguments') {
    return `${quoted(args[0] ?? '')} is unexpected, all settings are flags. See ${program} --help.`;
  }
  const lacking = flags.find(({ flag }) => message.includes(`'${flag} <`));
  if (code === 'commander.optionMissingArgument' && lacking !== undefined) {
    return `${longOf(lacking)}: its value is missing, ${lacking.kind.expected}.`;
  }
  const text = message.replace(/^error: /, '').replace(/\n(?=\(Did you mean )/, ' ');
  return `${printable(shortened(text.replace(/\.$/, '')))}. See ${program} --help.`;
}

/** What was given, in quotes, fit for a terminal. */
export function quoted(text: string): string {
  return printable(JSON.stringify(shortened(text)));
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Without anything that a terminal would act on: JSON leaves C1 controls and marks of direction as they are. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
