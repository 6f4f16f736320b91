import { quoted, printable, shortened } from '../text/escape.js';
import { type Flag, longOf } from './flag.js';

/** A command line or an environment that cannot be run with; the message is for the user, in one line. */
export class UsageError extends Error {}

/** How a program says what is wrong with its command line: sentences. */
export interface Wording {
  /** What is said of a text that is no value of its flag, behind the flag's name. */
  readonly badValue: (text: string, expected: string) => string;
  readonly missingValue: (flag: Flag, program: string) => string;
  /** @param message commander's, in one line: `unknown option '--prot' (Did you mean --port?)` */
  readonly unknownFlag: (message: string, program: string) => string;
  /** What stands where only flags may. */
  readonly surplus: (text: string, program: string) => string;
}

/** Wording that repeats what was typed, fit for a terminal. */
export const REPEATING: Wording = {
  badValue: (text, expected) => `${quoted(text)} is not ${expected}.`,
  missingValue: (flag) => `${longOf(flag)}: its value is missing, ${flag.kind.expected}.`,
  unknownFlag: (message, program) =>
    `${printable(shortened(message.replace(/\.$/, '')))}. See ${program} --help.`,
  surplus: (text, program) => `${quoted(text)} is unexpected, all settings are flags. See ${program} --help.`,
};

/** Wording that never repeats a value or an operand: it may be a secret. */
export const DISCREET: Wording = {
  badValue: (_text, expected) => `that is not ${expected}.`,
  missingValue: REPEATING.missingValue,
  unknownFlag(message, program) {
    const typed = /'(-{1,2}[A-Za-z][A-Za-z-]{0,30})/.exec(message)?.[1];
    const meant = /\(Did you mean (.+)\?\)$/.exec(message)?.[1];
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return `there is no option${typed === undefined ? ' like that' : ` ${typed}`}.${hint} See ${program} --help.`;
  },
  surplus: (_text, program) => `the command line cannot be read. See ${program} --help.`,
};
