import type { Given } from '../flags/given.js';
import { longOf } from '../flags/flag.js';
import type { ExitSettings } from '../flags/main.js';
import { UsageError } from '../flags/wording.js';
import { commandAgain } from './command-again.js';
import { DEFAULT_NAME, DEFAULT_RECEIVERS, SEND } from './flags.js';
import { type Again, type CommonSettings, parseToolSettings, readCode } from './settings.js';

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

/** Reads the command line of `relay-send`. Prints nothing and exits nowhere. */
export function parseSendSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
): SendSettings | ExitSettings {
  return parseToolSettings(SEND, argv, env, version, (given, paths) => {
    const code = given.value('code');
    const from = given.of('code')?.from ?? 'flag';
    const source = sourceOf(paths, given);
    const receivers = given.value('receivers') ?? DEFAULT_RECEIVERS;
    if (source.kind === 'stdin' && receivers > 1)
      throw new UsageError(
        'standard input can be read once, so it goes to one receiver. Send a file instead.',
      );
    return {
      code:
        code === undefined
          ? undefined
          : readCode(code, from === 'flag' ? longOf(SEND.flags.code) : from).code,
      token: tokenOf(env),
      source,
      receivers,
      again: commandAgain(SEND, given, paths, ['code']),
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
function sourceOf(paths: readonly string[], given: Given<typeof SEND.flags>): Source {
  const text = given.value('text');
  const name = given.value('name');
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
