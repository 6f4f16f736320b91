import { printable } from '../../transfer/names.js';
import { type Flags, isSwitch, longOf } from '../flags/flag.js';
import type { Given } from '../flags/given.js';
import type { Program } from '../flags/program.js';
import { command } from './wrap.js';

/**
 * The command that was given, to be run again from a shell, in one form whatever was typed.
 * @param without what is left out: the code stands in no process list
 * @returns undefined where something of it cannot be shown, or typed, as it is
 */
export function commandAgain<Table extends Flags>(
  { name, flags }: Program<Table>,
  given: Given<Table>,
  operands: readonly string[],
  without: readonly (keyof Table & string)[] = [],
): string | undefined {
  const words: string[] = [name];
  for (const [key, flag] of Object.entries(flags)) {
    const { text, from } = given.of(key) ?? {};
    if (text === undefined || from !== 'flag' || without.includes(key)) continue;
    const long = longOf(flag);
    if (isSwitch(flag)) words.push(long);
    else if (text.startsWith('-')) words.push(`${long}=${text}`);
    else words.push(long, text);
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
