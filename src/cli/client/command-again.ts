import { Option } from 'commander';
import { printable } from '../../transfer/names.js';
import { type Flag, type Given, longOf, type Program } from './flags.js';
import { command } from './wrap.js';

/**
 * The command that was given, to be run again from a shell, in one form whatever was typed.
 * @param without what is left out: the code stands in no process list
 * @returns undefined where something of it cannot be shown, or typed, as it is
 */
export function commandAgain(
  { name, flags }: Program,
  given: Given,
  operands: readonly string[],
  without: readonly Flag[] = [],
): string | undefined {
  const words: string[] = [name];
  for (const flag of flags) {
    const value = given[new Option(flag.flag).attributeName()];
    if (value === undefined || without.includes(flag)) continue;
    const long = longOf(flag.flag);
    if (typeof value !== 'string') words.push(long);
    else if (value.startsWith('-')) words.push(`${long}=${value}`);
    else words.push(long, value);
  }
  if (operands.some((operand) => /^-./.test(operand))) words.push('--');
  const quoted = [...words, ...operands].map(quote);
  return quoted.every((word) => word !== undefined) ? command(quoted.join(' ')) : undefined;
}

/** For a POSIX shell; elsewhere only what needs no quotes. */
function quote(word: string): string | undefined {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (process.platform === 'win32' || printable(word, Infinity) !== word) return undefined;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
