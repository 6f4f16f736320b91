import type { Flag, Flags } from './flag.js';
import type { Wording } from './wording.js';

/** What a command line belongs to: one of the three programs, or a command of one. */
export interface Program<Table extends Flags = Flags> {
  readonly name: string;
  /** What --help shows behind the name. */
  readonly usage: string;
  readonly about: string;
  /** What --help ends with. */
  readonly epilogue: string;
  readonly flags: Table;
  /** How --help shows a flag's default and variable. */
  readonly describe: (flag: Flag) => string;
  /** What may stand beside flags; undefined: nothing. */
  readonly operands?: 'paths' | 'words';
  readonly wording: Wording;
}

/** A default and a variable on a line of their own: `(default: 4000, RELAY_PORT)`. */
export function describedBelow({ about, fallback, variable, kind }: Flag): string {
  if (variable === undefined) return about;
  return `${about}\n(default: ${fallback ?? ''}, ${variable}${kind.placeholder === '' ? '=true' : ''})`;
}

/** The same in the line, where they are few: `(RELAY_ADDRESS, else localhost:4000)`. */
export function describedBehind({ about, fallback, variable }: Flag): string {
  const notes = [variable, variable === undefined ? fallback : fallback && `else ${fallback}`];
  const note = notes.filter((one) => one !== undefined).join(', ');
  return note === '' ? about : `${about} (${note})`;
}
