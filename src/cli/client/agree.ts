import type { Answer, ReceiveOptions, ReceivePlan } from '../../client/api.js';
import { printable } from '../../client/landing/names.js';
import { ask, type Question } from './ask.js';
import { formatBytes } from './format.js';
import { listNames, sizeOf } from './sentences.js';

const NAMES_SHOWN = 10;
/** A text that short is shown at once: to look at it is all that can be agreed to. */
const SHORT_TEXT_BYTES = 64 * 1024;

/**
 * Shows a person what is offered, and asks. Anything but a clear yes is a no.
 * @param whenExists what was given on the command line: where it says what to do, only yes or no is asked.
 */
export async function askToAgree(
  plan: ReceivePlan,
  whenExists: ReceiveOptions['whenExists'],
  question: Omit<Question, 'completer'>,
): Promise<Answer> {
  const { offer, existing } = plan;
  if (offer.kind === 'text' && offer.bytes !== undefined && offer.bytes <= SHORT_TEXT_BYTES) return true;
  for (const line of describePlan(plan, whenExists)) question.output.write(`${line}\n`);
  const what = `Receive ${sizeOf(offer)} into ${printable(plan.directory)}?`;
  if (existing.length > 0 && whenExists === 'refuse') {
    const typed = await ask(`${what} [o]verwrite, [r]ename, [N]o: `, question);
    return readChoice(typed ?? '');
  }
  return /^(y|yes)$/i.test(((await ask(`${what} [y/N] `, question)) ?? '').trim());
}

/** The lines above the question: the names, what is there already, and whether there is room. */
function describePlan(
  { offer, existing, freeBytes }: ReceivePlan,
  whenExists: ReceiveOptions['whenExists'],
): string[] {
  const names = offer.kind === 'text' ? [] : offer.names;
  const more = names.length - NAMES_SHOWN;
  return [
    ...names.slice(0, NAMES_SHOWN).map((name) => `  ${printable(name)}`),
    ...(more > 0 ? [`  and ${more.toLocaleString('en-US')} more`] : []),
    ...(existing.length === 0 ? [] : [`${FATES[whenExists]}: ${listNames(existing)}.`]),
    ...roomLines(offer.bytes, freeBytes),
  ];
}

const FATES: Readonly<Record<ReceiveOptions['whenExists'], string>> = {
  refuse: 'Already there',
  overwrite: 'Already there, to be replaced',
  rename: 'Already there, so it gets another name',
};

function roomLines(bytes: number | undefined, freeBytes: number | undefined): string[] {
  if (freeBytes === undefined) return [];
  if (bytes === undefined) return [`Its size is not known; ${formatBytes(freeBytes)} are free.`];
  return bytes > freeBytes ? [`Only ${formatBytes(freeBytes)} are free: that is not enough.`] : [];
}

/** A plain yes is a no here: it does not say which. */
function readChoice(typed: string): Answer {
  const choice = typed.trim().toLowerCase();
  if (choice === 'o' || choice === 'overwrite') return 'overwrite';
  return choice === 'r' || choice === 'rename' ? 'rename' : false;
}
