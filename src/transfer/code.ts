import { wordlist } from '@scure/bip39/wordlists/english.js';
import { viewOf } from './bytes.js';
import type { Platform } from './platform.js';

/** A code in its one normal form, which is the same on both sides whatever was typed. */
export interface Code {
  /** 4 to 20 digits, as typed. All of the code that a relay sees. */
  readonly nameplate: string;
  /** 2 to 16 words of `a-z 0-9` with one hyphen between them. It never leaves the two tools. */
  readonly password: string;
}

export type ParsedCode =
  | {
      readonly ok: true;
      readonly code: Code;
      /**
       * A sentence for people where words are not in the list: a typing error, unless a person chose the code.
       * Worth showing when the code is typed, and again when it turns out to be wrong.
       */
      readonly hint: string | undefined;
    }
  /** `problem` is a sentence for people and never repeats what was typed. */
  | { readonly ok: false; readonly problem: string };

const MIN_DIGITS = 4;
const MAX_DIGITS = 20;
const MIN_WORDS = 2;
const MAX_WORDS = 16;
const MIN_WORD_LENGTH = 2;
const MAX_WORD_LENGTH = 32;
/** More than the longest code in any spelling; what is longer is not looked at. */
const MAX_TEXT_LENGTH = 1024;

/** Spaces of any kind, underscores, hyphens and dashes: a phone's keyboard turns `--` into a dash. */
const SEPARATORS = /[\s_\p{Dash_Punctuation}\u2212]+/u;
const EXAMPLE = '731904-olive-basic';

/** The English list of BIP-39: 2,048 words of 3 to 8 letters, no two with the same first four. */
export const WORDS: readonly string[] = wordlist;

const PREFIX_LENGTH = 4;
const listed: ReadonlySet<string> = new Set(wordlist);
/** By their first four letters, which are unique; the words of three letters stand under themselves. */
const byPrefix: ReadonlyMap<string, string> = new Map(
  wordlist.map((word) => [word.slice(0, PREFIX_LENGTH), word]),
);

/** Drawn nameplates have six digits and no leading zero, which a keypad or a person would drop. */
const FIRST_DRAWN_NAMEPLATE = 100_000;
const DRAWN_NAMEPLATES = 900_000;

/**
 * A new code: one of 900,000 nameplates, and two words of 2,048 each, drawn independently, so 22 secret bits.
 *
 * @param random a whole number from 0 to `max - 1`, each as likely as any other, as `randomBelow` gives it
 */
export function drawCode(random: (max: number) => number): Code {
  const nameplate = String(FIRST_DRAWN_NAMEPLATE + random(DRAWN_NAMEPLATES));
  return { nameplate, password: `${drawWord(random)}-${drawWord(random)}` };
}

/**
 * A whole number from 0 to `max - 1`, each as likely as any other: of 32 random bits, what is left over above the last
 * whole run of `max` is thrown away and drawn again.
 */
export function randomBelow(max: number, platform: Pick<Platform, 'randomBytes'>): number {
  const runs = Math.floor(2 ** 32 / max);
  for (;;) {
    const drawn = viewOf(platform.randomBytes(4)).getUint32(0);
    if (drawn < runs * max) return drawn % max;
  }
}

function drawWord(random: (max: number) => number): string {
  const word = WORDS[random(WORDS.length)];
  if (word === undefined) throw new RangeError('The random source drew a number out of range.');
  return word;
}

/** `<digits>-<word>-<word>`: what people read to each other. */
export function formatCode({ nameplate, password }: Code): string {
  return `${nameplate}-${password}`;
}

/**
 * Reads a code as a person types it: upper and lower case alike, full-width forms as the plain ones (Unicode NFKC),
 * any run of spaces, underscores or hyphens between the parts, and words cut short after their fourth letter or later.
 * Words need not be in the list, because a person may choose a code.
 */
export function parseCode(text: string): ParsedCode {
  const fail = (problem: string): ParsedCode => ({ ok: false, problem });
  if (text.length > MAX_TEXT_LENGTH)
    return fail(`That is too long for a code. A code looks like ${EXAMPLE}.`);

  const [nameplate, ...typed] = text
    .normalize('NFKC')
    .toLowerCase()
    .split(SEPARATORS)
    .filter((part) => part !== '');
  if (nameplate === undefined) return fail(`The code is empty. A code looks like ${EXAMPLE}.`);
  if (!/^[0-9]+$/.test(nameplate)) return fail(`A code starts with digits, as in ${EXAMPLE}.`);
  if (nameplate.length < MIN_DIGITS || nameplate.length > MAX_DIGITS) {
    return fail(`A code starts with ${MIN_DIGITS} to ${MAX_DIGITS} digits, as in ${EXAMPLE}.`);
  }
  if (typed.length < MIN_WORDS)
    return fail(`A code has two words or more after the digits, as in ${EXAMPLE}.`);
  if (typed.length > MAX_WORDS) return fail(`A code has at most ${MAX_WORDS} words.`);
  for (const [index, word] of typed.entries()) {
    const problem = checkWord(word);
    if (problem !== undefined) return fail(`Word ${index + 1} of the code ${problem}.`);
  }
  const words = typed.map(completeWord);
  return { ok: true, code: { nameplate, password: words.join('-') }, hint: hintFor(words) };
}

/** What is wrong with one word, or undefined. */
function checkWord(word: string): string | undefined {
  if (!/^[a-z0-9]+$/.test(word)) return 'has a character that is neither a letter from a to z nor a digit';
  if (word.length < MIN_WORD_LENGTH) return `is too short: words have ${MIN_WORD_LENGTH} characters or more`;
  if (word.length > MAX_WORD_LENGTH) return `is too long: words have at most ${MAX_WORD_LENGTH} characters`;
  return undefined;
}

function hintFor(words: readonly string[]): string | undefined {
  const unlisted = words.flatMap((word, index) => (isListed(word) ? [] : [index + 1]));
  const last = unlisted.pop();
  if (last === undefined) return undefined;
  const which =
    unlisted.length === 0
      ? `Word ${last} of the code is`
      : `Words ${unlisted.join(', ')} and ${last} of the code are`;
  return `${which} not in the list that codes are drawn from: check the spelling, unless the sender chose the code.`;
}

export function isListed(word: string): boolean {
  return listed.has(word);
}

/**
 * The word of the list that `word` is the beginning of, where it has four letters or more, so that there can be only
 * one. Otherwise `word` itself: too short to tell, complete, or not from the list.
 *
 * @param word in lower case
 */
export function completeWord(word: string): string {
  if (word.length < PREFIX_LENGTH) return word;
  const candidate = byPrefix.get(word.slice(0, PREFIX_LENGTH));
  return candidate?.startsWith(word) === true ? candidate : word;
}
