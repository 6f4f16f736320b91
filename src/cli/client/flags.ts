import { SHELLS } from '../flags/completion.js';
import type { Flag } from '../flags/flag.js';
import { duration, type Kind, oneOf, PATH, SWITCH, wholeNumber } from '../flags/kinds.js';
import { describedBehind, type Program } from '../flags/program.js';
import { formatDuration, LONGEST_TIMER_MS } from '../flags/units.js';
import { DISCREET } from '../flags/wording.js';
import { RELAY_FLAGS } from './relay-address.js';

/**
 * Every flag of `relay-send` and `relay-receive`, in the order of --help. A new one is a row here, and where it is used;
 * --help, its variable, its messages, the completion scripts and the tables of docs/tools.md (`npm run docs:settings`)
 * follow. How values are written is in ../flags/kinds.ts.
 */

export const DEFAULT_GIVE_UP_AFTER_MS = 600_000;
export const DEFAULT_NAME = 'stdin';
export const DEFAULT_RECEIVERS = 1;

const MAX_NAME_BYTES = 255;

const ANY_TEXT: Kind<string> = {
  placeholder: '<words>',
  expected: 'a text with something in it',
  read: (text) => (text === '' ? undefined : text),
};

const FILE_NAME: Kind<string> = {
  placeholder: '<name>',
  expected: 'a file name of at most 255 bytes, without a slash',
  read: (text) => (isFileName(text) ? text : undefined),
};

/** Checked as a code further on: its message says more. */
const CODE: Kind<string> = {
  placeholder: '<code>',
  expected: 'a code such as 731904-olive-basic',
  read: (text) => text,
};

const COMMON = {
  giveUpAfter: {
    flag: '--give-up-after',
    kind: duration({ min: 0, max: LONGEST_TIMER_MS }),
    about: 'how long to try to come back after a cut',
    docs: 'how long to try to come back after a cut: `30s`, `10m`, `2h`; `0s`: not at all',
    fallback: formatDuration(DEFAULT_GIVE_UP_AFTER_MS),
  },
  quiet: { flag: '-q, --quiet', kind: SWITCH, about: 'say nothing but errors' },
  json: {
    flag: '--json',
    kind: SWITCH,
    about: 'one JSON event a line on standard error',
    docs: 'one JSON event a line on standard error; not with `--quiet`',
  },
  completion: {
    flag: '--completion',
    kind: oneOf('<shell>', SHELLS),
    about: 'print the completion for bash, zsh or fish',
  },
} satisfies Record<string, Flag>;

/** What both tools have. */
export type CommonFlags = typeof RELAY_FLAGS & typeof COMMON;

const SEND_FLAGS = {
  ...RELAY_FLAGS,
  code: {
    flag: '--code',
    kind: CODE,
    about: 'a code of your own, or to go on',
    docs: 'a code of your own, else one is drawn; or the code of a stopped transfer, to go on',
    variable: 'RELAY_CODE',
  },
  text: {
    flag: '--text',
    kind: ANY_TEXT,
    about: 'send these words',
    docs: 'send these words, in place of paths',
  },
  name: {
    flag: '--name',
    kind: FILE_NAME,
    about: 'the name that standard input arrives under',
    docs: 'the name that standard input arrives under; only with `-`',
    fallback: DEFAULT_NAME,
  },
  receivers: {
    flag: '--receivers',
    kind: wholeNumber({ min: 1, max: 16 }),
    about: 'how many receive it, 1 to 16',
    docs: 'how many receive it, 1 to 16; not with `-`, which can be read once',
    fallback: `${DEFAULT_RECEIVERS}`,
  },
  ...COMMON,
  quiet: {
    ...COMMON.quiet,
    about: 'say nothing but the code, and errors',
    docs: 'say nothing but the code, and why it failed',
  },
} satisfies Record<string, Flag>;

const RECEIVE_FLAGS = {
  ...RELAY_FLAGS,
  output: {
    flag: '-o, --output',
    kind: PATH,
    about: 'a directory, a name, or - (standard output)',
    docs: 'a directory, else this one; for one thing also a name; or `-`, standard output, for a file',
  },
  yes: {
    flag: '-y, --yes',
    kind: SWITCH,
    about: 'agree to what is offered, without a question',
  },
  overwrite: {
    flag: '--overwrite',
    kind: SWITCH,
    about: 'replace what is there already',
    docs: 'replace files that are there already; directories are merged',
  },
  rename: {
    flag: '--rename',
    kind: SWITCH,
    about: 'pick a free name beside what is there already',
    docs: 'pick a free name: `photo (2).jpg`; not with `--overwrite`',
  },
  wait: {
    flag: '--wait',
    kind: SWITCH,
    about: 'wait for a sender that is not there yet',
    docs: 'wait for a sender that is not there yet, for `--give-up-after`',
  },
  ...COMMON,
  quiet: { ...COMMON.quiet, docs: 'say nothing but why it failed' },
  json: {
    ...COMMON.json,
    docs: 'one JSON event a line on standard error; not with `--quiet`, and only with `--yes`',
  },
} satisfies Record<string, Flag>;

export const SEND: Program<typeof SEND_FLAGS> = {
  name: 'relay-send',
  usage: '[options] <path...>',
  about: 'Sends files to whoever has the code, end to end encrypted. Token: RELAY_TOKEN.',
  flags: SEND_FLAGS,
  operands: 'paths',
  describe: describedBehind,
  wording: DISCREET,
  epilogue: `
Examples:
  $ relay-send --relay relays://relay.example.com holiday.jpg notes/
  $ pg_dump shop | relay-send --name shop.sql -`,
};

export const RECEIVE: Program<typeof RECEIVE_FLAGS> = {
  name: 'relay-receive',
  // A code may be an argument too. It would stand in the process list: nobody is led there.
  usage: '[options]',
  about: 'Receives what relay-send offers. It asks for the code. In scripts: RELAY_CODE.',
  flags: RECEIVE_FLAGS,
  operands: 'words',
  describe: describedBehind,
  wording: DISCREET,
  epilogue: `
Example:
  $ RELAY_CODE=$(cat code) relay-receive --wait --yes --output - | tar x`,
};

function isFileName(text: string): boolean {
  const isOneComponent = !/[/\0]/.test(text) && text !== '' && text !== '.' && text !== '..';
  return isOneComponent && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}
