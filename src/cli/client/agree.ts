import type { ReceiveOptions } from '../../client/api.js';
import type { Answer, ReceivePlan } from '../../transfer/landing.js';
import { printable } from '../../transfer/names.js';
import type { Offer } from '../../transfer/entry.js';
import { ask, forgetTyped, type Question, say } from './ask.js';
import { count, formatBytes } from '../text/format.js';
import { sizeOf as sizeOfTerminal } from './moving-lines.js';
import { hiddenFirst, listNames, sizeOf } from './sentences.js';
import { command } from './wrap.js';

const NAMES_SHOWN = 10;
/** A text that short is shown at once: to look at it is all that can be agreed to. */
const SHORT_TEXT_BYTES = 64 * 1024;

/**
 * Shows a person what is offered, and asks. Enter agrees, unless something would be overwritten; else anything but a clear
 * yes is a no. What was typed before is no answer.
 * @param whenExists what was given on the command line: where it says what to do, only yes or no is asked.
 */
export async function askToAgree(
  plan: ReceivePlan,
  whenExists: ReceiveOptions['whenExists'],
  question: Omit<Question, 'completer'>,
): Promise<Answer> {
  const { offer, existing } = plan;
  if (offer.kind === 'text' && offer.bytes !== undefined && offer.bytes <= SHORT_TEXT_BYTES) return true;
  await forgetTyped(question);
  for (const line of describePlan(plan, whenExists, sizeOfTerminal(question.output).columns))
    say(line, question);
  const what = `Receive ${sizeOf(offer)} into ${printable(plan.directory)}?`;
  const isThere = existing.length > 0;
  if (isThere && whenExists === 'refuse') {
    const typed = await ask(`${what} [o]verwrite, [r]ename, [N]o:`, question);
    return readChoice(typed ?? '');
  }
  const enterAgrees = !isThere || whenExists !== 'overwrite';
  const typed = await ask(`${what} ${enterAgrees ? '[Y/n]' : '[y/N]'}`, question);
  if (typed?.trim() === '') return enterAgrees;
  return typed !== undefined && /^(y|yes)$/i.test(typed.trim());
}

/** The lines above the question: the names, what is there already, and whether there is room. */
function describePlan(
  { offer, existing, freeBytes }: ReceivePlan,
  whenExists: ReceiveOptions['whenExists'],
  columns: number,
): string[] {
  const names = offer.kind === 'text' ? [] : hiddenFirst(offer.names);
  const more = names.length - NAMES_SHOWN;
  return [
    ...names.slice(0, NAMES_SHOWN).map((name) => nameLine(name, offer, columns)),
    ...(more > 0 ? [`  and ${count(more, 'more', 'more')}`] : []),
    ...(existing.length === 0 ? [] : [`${FATES[whenExists]}: ${listNames(existing)}.`]),
    ...roomLines(offer.bytes, freeBytes),
  ];
}

/** `  holiday.mp4 (400 MB)`, in one line. */
function nameLine(name: string, { names, sizes }: Offer, columns: number): string {
  const bytes = sizes?.[names.indexOf(name)];
  const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
  return command(`  ${printable(name, Math.max(8, columns - 3 - size.length))}${size}`);
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
