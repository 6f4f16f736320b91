import { columnsOf } from '../../transfer/printable.js';

/** What holds the words of a command together, until it is shown. */
const NO_BREAK = '\u00A0';

/** A command in a sentence. It is never broken over lines, so that it can be copied and run. */
export function command(text: string): string {
  return text.replaceAll(' ', NO_BREAK);
}

/** A sentence as it stands where nothing is wrapped. */
export function unwrapped(sentence: string): string {
  return sentence.replaceAll(NO_BREAK, ' ');
}

/**
 * A sentence in lines of at most so many columns, broken between words. A word or command that is longer has a line of
 * its own, for the terminal to wrap. What begins with spaces goes on below them.
 */
export function wrap(sentence: string, columns: number): string[] {
  const indent = /^ */.exec(sentence)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.slice(indent.length).split(' ')) {
    const longer = line === '' ? `${indent}${word}` : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map(unwrapped);
}
