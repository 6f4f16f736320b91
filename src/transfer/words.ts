import { wordlist } from '@scure/bip39/wordlists/english.js';

/** The English list of BIP-39: 2,048 words of 3 to 8 letters, no two with the same first four. */
export const WORDS: readonly string[] = wordlist;

const PREFIX_LENGTH = 4;
const listed: ReadonlySet<string> = new Set(wordlist);
/** By their first four letters, which are unique; the words of three letters stand under themselves. */
const byPrefix: ReadonlyMap<string, string> = new Map(
  wordlist.map((word) => [word.slice(0, PREFIX_LENGTH), word]),
);

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
