import { formatCode, parseCode, WORDS } from '../../transfer/code.js';
import { ask, forgetTyped, type Question, say } from './ask.js';
import type { GivenCode } from './settings.js';

const MAX_TRIES = 5;
/** More would fill the screen. */
const MAX_SHOWN = 40;

/**
 * Asks a person for the code until what is typed is one. Tab completes its words. Words that are in no list are asked for
 * again, before they cost a try: they stand there to be mended, or to be taken as they are with Enter.
 * @param given to begin with
 * @returns undefined where nothing was typed, five times no code, or the input ended.
 */
export async function askCode(
  question: Omit<Question, 'completer' | 'typed'>,
  given?: string,
): Promise<GivenCode | undefined> {
  let doubtful = given;
  if (given !== undefined) tellProblem(given, question);
  for (let left = MAX_TRIES; left > 0; left -= 1) {
    const typed = await ask('Code:', { ...question, completer: completeCode, typed: doubtful });
    if (typed === undefined || typed.trim() === '') return undefined;
    const parsed = parseCode(typed);
    if (parsed.ok && (parsed.hint === undefined || typed === doubtful))
      return { code: formatCode(parsed.code), hint: undefined };
    doubtful = parsed.ok ? typed : undefined;
    // A second Enter in a hurry does not take it as it is.
    await forgetTyped(question);
    tellProblem(typed, question);
  }
  return undefined;
}

function tellProblem(typed: string, question: Pick<Question, 'output'>): void {
  const parsed = parseCode(typed);
  if (!parsed.ok) say(parsed.problem, question);
  else if (parsed.hint !== undefined) say(`${parsed.hint} Enter takes it as it is.`, question);
}

/**
 * For readline: the words of the list that begin with what stands behind the last separator. The digits, which come
 * first, are nobody's to complete.
 */
export function completeCode(line: string): [completions: string[], of: string] {
  const [, before, word] = /^(.*[\s_-])([A-Za-z]*)$/s.exec(line) ?? [];
  if (before === undefined || word === undefined || !/[0-9]/.test(before)) return [[], line];
  const fitting = WORDS.filter((each) => each.startsWith(word.toLowerCase()));
  return [fitting.length > MAX_SHOWN ? [] : fitting, word];
}
