import { type CommonSettings, readCode } from './common-flags.js';
import { type ExitSettings, type Given, type Program, UsageError, type ValueFlag, valueOf } from './flags.js';
import { commandAgain } from './command-again.js';
import { type Again, parseToolSettings, toolFlags } from './settings.js';
import { type Kind, wholeNumber } from '../flags/kinds.js';

/** What is sent, as the command line names it. */
export type Source =
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stdin'; readonly name: string };

export interface SendSettings extends CommonSettings, Again {
  readonly kind: 'run';
  /** Chosen by a person, in its normal form; undefined: one is drawn. */
  readonly code: string | undefined;
  /** For a relay that knows its senders. */
  readonly token: string | undefined;
  readonly source: Source;
  readonly receivers: number;
}

const MAX_NAME_BYTES = 255;
const DEFAULT_NAME = 'stdin';

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
const CODE: ValueFlag<string> = {
  flag: '--code',
  about: 'a code of your own, or to go on (RELAY_CODE)',
  kind: { placeholder: '<code>', expected: 'a code such as 731904-olive-basic', read: (text) => text },
  variable: 'RELAY_CODE',
  completes: [],
};
const TEXT: ValueFlag<string> = { flag: '--text', about: 'send these words', kind: ANY_TEXT, completes: [] };
const NAME: ValueFlag<string> = {
  flag: '--name',
  about: 'the name that standard input arrives under (stdin)',
  kind: FILE_NAME,
  completes: [],
};
const RECEIVERS: ValueFlag<number> = {
  flag: '--receivers',
  about: 'how many receive it, 1 to 16 (1)',
  kind: wholeNumber({ min: 1, max: 16 }),
  completes: [],
};

const SEND: Program = {
  name: 'relay-send',
  usage: '[options] <path...>',
  about: 'Sends files to whoever has the code, end to end encrypted. Token: RELAY_TOKEN.',
  flags: toolFlags([CODE, TEXT, NAME, RECEIVERS], 'the code, and errors'),
  takesPaths: true,
  examples: `
Examples:
  $ relay-send --relay relays://relay.example.com holiday.jpg notes/
  $ pg_dump shop | relay-send --name shop.sql -`,
};

/** Reads the command line of `relay-send`. Prints nothing and exits nowhere. */
export function parseSendSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
): SendSettings | ExitSettings {
  return parseToolSettings(SEND, argv, env, version, (given, paths) => {
    const code = valueOf(CODE, given, env);
    const origin = given['code'] === undefined ? 'RELAY_CODE' : '--code';
    const source = sourceOf(paths, given, env);
    const receivers = valueOf(RECEIVERS, given, env) ?? 1;
    if (source.kind === 'stdin' && receivers > 1)
      throw new UsageError(
        'standard input can be read once, so it goes to one receiver. Send a file instead.',
      );
    return {
      code: code === undefined ? undefined : readCode(code, origin).code,
      token: tokenOf(env),
      source,
      receivers,
      again: commandAgain(SEND, given, paths, [CODE]),
    };
  });
}

const TOKEN = /^[A-Za-z0-9._-]{1,64}$/;

/** No flag: it would stand in the process list. @throws {UsageError} that does not repeat it */
function tokenOf(env: NodeJS.ProcessEnv): string | undefined {
  const token = env['RELAY_TOKEN'];
  if (token === undefined || token === '') return undefined;
  if (TOKEN.test(token)) return token;
  throw new UsageError(
    'RELAY_TOKEN: that is not a token, 1 to 64 letters, digits, hyphens, underscores and dots.',
  );
}

/** @throws {UsageError} where it is not exactly one of paths, `-` and --text. */
function sourceOf(paths: readonly string[], given: Given, env: NodeJS.ProcessEnv): Source {
  const text = valueOf(TEXT, given, env);
  const name = valueOf(NAME, given, env);
  const isStdin = paths.includes('-');
  if (name !== undefined && !isStdin)
    throw new UsageError('--name is for standard input only: give - as the path.');
  if (text !== undefined) {
    if (paths.length > 0) throw new UsageError('--text goes alone: send files with a command of their own.');
    return { kind: 'text', text };
  }
  if (isStdin) {
    if (paths.length > 1)
      throw new UsageError('- is standard input and goes alone. For a file of that name write ./-.');
    return { kind: 'stdin', name: name ?? DEFAULT_NAME };
  }
  if (paths.length === 0)
    throw new UsageError('name what to send: paths, - for standard input, or --text. See relay-send --help.');
  if (paths.includes(''))
    throw new UsageError('one of the paths is empty. For the current directory write a dot.');
  return { kind: 'paths', paths };
}

function isFileName(text: string): boolean {
  const isOneComponent = !/[/\0]/.test(text) && text !== '' && text !== '.' && text !== '..';
  return isOneComponent && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}
