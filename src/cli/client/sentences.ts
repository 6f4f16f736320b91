import type { Offer } from '../../transfer/entry.js';
import type { FailedEntries, TransferEvent } from '../../transfer/events.js';
import { printable } from '../../transfer/names.js';
import type { FailedWhy } from '../../transfer/transfer-messages.js';
import { oneLine } from '../text/escape.js';
import { count, formatBytes, formatSeconds, formatSpan } from '../text/format.js';
import type { View } from './reporter.js';
import { command } from './wrap.js';

const NAMES_IN_A_LINE = 5;

/** An event that is told in lines of its own. How the others are shown hangs on where. */
export type Told = Exclude<TransferEvent, { event: 'progress' | 'waiting' | 'agreed' }>;

/** The lines for people, without line ends; none where nothing needs to be said. */
export function linesFor(event: Told, view: View): string[] {
  const whose = 'peer' in event && view.peers > 1 ? `Receiver ${event.peer}: ` : '';
  switch (event.event) {
    case 'code':
      return [codeLine(event.code), ...invitation(view)];
    case 'connected':
      return [view.peers > 1 ? `${whose}connected.` : 'Connected.'];
    case 'wrong-code':
      return [wrongCode(event.triesLeft)];
    case 'stranger':
      return [`${oneLine(event.why)} Going on ${inTime(event.retryInMs)}.`];
    case 'offer':
      if (!view.showsOffer) return [];
      return [`${view.side === 'send' ? 'Sending' : 'Receiving'} ${describeOffer(event.offer)}.`];
    case 'resumed':
      return event.bytes === 0
        ? []
        : [`${whose}${start(whose, 'Going')} on: ${formatBytes(event.bytes)} had arrived before.`];
    case 'restarted':
      return [`${whose}${start(whose, 'Starting')} from the beginning. ${oneLine(event.why)}`];
    case 'cut':
      return [`${whose}${start(whose, oneLine(event.why))} Trying again ${inTime(event.retryInMs)}.`];
    case 'done':
      return [
        `${whose}${start(whose, doneVerb(view))}: ${total(event)}${landed(event.names, view)}.`,
        ...failedLines(whose, event.failed, view),
      ];
    case 'notice':
      return [event.message];
    case 'skipped':
      return event.count === 0
        ? []
        : [`Left out: ${count(event.count, 'link or device', 'links or devices')}: ${listSome(event)}.`];
    case 'unreadable':
      return [`${count(event.count, 'item')} cannot be read, and will be tried again: ${listSome(event)}.`];
  }
}

/** What scripts look for, too. */
export function codeLine(code: string): string {
  return `Code: ${code}`;
}

/** `3 items (1.2 GB): a, b, c` */
function describeOffer(offer: Offer): string {
  const names = listNames(offer.names);
  return offer.kind === 'text' ? sizeOf(offer) : `${sizeOf(offer)}${names === '' ? '' : `: ${names}`}`;
}

/** `3 items (1.2 GB)`: directories count, and so do the files in them. */
export function sizeOf({ kind, entries, bytes }: Offer): string {
  const size = bytes === undefined ? 'of unknown size' : `(${formatBytes(bytes)})`;
  if (kind === 'text') return `a text ${size}`;
  return `${kind === 'stream' ? 'a stream' : count(entries, 'item')} ${size}`;
}

/** Those that a listing of a directory does not show come first: they are what somebody might want to be overlooked. */
export function hiddenFirst(names: readonly string[]): readonly string[] {
  return [...names.filter((name) => name.startsWith('.')), ...names.filter((name) => !name.startsWith('.'))];
}

/** The first names, escaped, and how many more there are. */
export function listNames(names: readonly string[]): string {
  return listSome({ count: names.length, paths: hiddenFirst(names) });
}

/** The same where only the first ones are known. */
function listSome({
  count: all,
  paths,
}: {
  readonly count: number;
  readonly paths: readonly string[];
}): string {
  const shown = paths.slice(0, NAMES_IN_A_LINE).map((path) => printable(path));
  const more = all - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${count(more, 'more', 'more')}`;
}

/** For the time in which nobody is there; the shorter forms are for terminals with few columns. */
export function waitingLines(secondsLeft: number, { side }: View): [string, ...string[]] {
  const left = `${formatSeconds(secondsLeft)} left.`;
  return [`Waiting for the ${side === 'send' ? 'receiver' : 'sender'}, ${left}`, `Waiting, ${left}`, left];
}

/** For the time until the next try, where the reason is the one that was told last. */
export function retryingLine(secondsLeft: number): string {
  return `Trying again in ${formatSeconds(secondsLeft)}.`;
}

/** For the time in which the person at the other side reads what is offered. */
export const AGREEING_LINES = ['Waiting for the receiver to agree.', 'Waiting for a yes.'] as const;

function invitation({ otherSide }: View): string[] {
  return otherSide === undefined ? [] : [`On the other machine run: ${command(otherSide)}`];
}

function wrongCode(triesLeft: number): string {
  if (triesLeft > 0)
    return `Somebody joined with the wrong words: ${count(triesLeft, 'try', 'tries')} left, still waiting.`;
  return 'Somebody joined with the wrong words again: the code is given up.';
}

function inTime(milliseconds: number): string {
  return milliseconds < 500 ? 'now' : `in ${formatSeconds(milliseconds / 1_000)}`;
}

const WHYS: Readonly<Record<FailedWhy, string>> = {
  changed: 'changed meanwhile',
  gone: 'is gone',
  unreadable: 'cannot be read',
};

/** What did not come, and why. */
function failedLines(whose: string, failed: FailedEntries | undefined, { side }: View): string[] {
  if (failed === undefined) return [];
  const named = failed.named.map(({ path, why }) => `${printable(path)} (${WHYS[why]})`);
  const shown = named.slice(0, NAMES_IN_A_LINE);
  const more = failed.count - shown.length;
  const list = `${shown.join(', ')}${more === 0 ? '' : ` and ${count(more, 'more', 'more')}`}`;
  return [`${whose}${start(whose, side === 'send' ? 'Not sent' : 'Not received')}: ${list}.`];
}

/** `3 files, 400 MB in 2.9 s, 136 MB/s` */
function total(event: Extract<Told, { event: 'done' }>): string {
  const { files, bytes, seconds, bytesPerSecond = 0, failed } = event;
  const ofAll =
    failed === undefined ? count(files, 'file') : `${files} of ${count(files + failed.files, 'file')}`;
  const amount = `${ofAll}, ${formatBytes(bytes)}`;
  if (seconds === undefined) return amount;
  const speed = bytesPerSecond > 0 ? `, ${formatBytes(bytesPerSecond)}/s` : '';
  return `${amount} in ${formatSpan(seconds)}${speed}`;
}

function doneVerb({ side }: View): string {
  return side === 'send' ? 'Sent and verified' : 'Received and verified';
}

function landed(names: readonly string[], { side }: View): string {
  return side === 'send' || names.length === 0 ? '' : `: ${listNames(names)}`;
}

/** A sentence that goes on after `Receiver 2:` goes on in lower case. */
function start(prefix: string, word: string): string {
  return prefix === '' ? word : word.charAt(0).toLowerCase() + word.slice(1);
}
