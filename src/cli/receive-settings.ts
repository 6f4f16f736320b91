import {
  COMPLETION,
  type CommonSettings,
  commonSettings,
  GIVE_UP_AFTER,
  type GivenCode,
  JSON_EVENTS,
  QUIET,
  readCode,
  RELAY,
} from './client/common-flags.js';
import { completionScript } from './client/completion.js';
import {
  excludeEachOther,
  type ExitSettings,
  type Flag,
  isGiven,
  parseCommandLine,
  type Program,
  UsageError,
  type ValueFlag,
  valueOf,
} from './client/flags.js';

export interface ReceiveSettings extends CommonSettings {
  readonly kind: 'run';
  /** Undefined: a person is asked for it. */
  readonly code: GivenCode | undefined;
  /** A directory, a name, or `-` for standard output. */
  readonly output: string | undefined;
  /** Agrees to whatever is offered. */
  readonly yes: boolean;
  readonly whenExists: 'refuse' | 'overwrite' | 'rename';
}

const OUTPUT: ValueFlag<string> = {
  flag: '-o, --output',
  about: 'a directory, a name, or - (standard output)',
  kind: {
    placeholder: '<path>',
    expected: 'a path',
    read: (text) => (text === '' || text.includes('\0') ? undefined : text),
  },
  completes: 'paths',
};
const YES: Flag = { flag: '-y, --yes', about: 'agree to what is offered, without a question' };
const OVERWRITE: Flag = { flag: '--overwrite', about: 'replace what is there already' };
const RENAME: Flag = { flag: '--rename', about: 'pick a free name beside what is there already' };

const RECEIVE: Program = {
  name: 'relay-receive',
  usage: '[options] [code]',
  about: 'Receives what relay-send offers. Without a code (or RELAY_CODE) it asks for it.',
  flags: [RELAY, OUTPUT, YES, OVERWRITE, RENAME, GIVE_UP_AFTER, QUIET, JSON_EVENTS, COMPLETION],
  takesPaths: false,
  examples: `
Examples:
  $ relay-receive
  $ relay-receive --relay relay.example.com:4000 --output ~/Downloads
  $ RELAY_CODE=731904-olive-basic relay-receive --yes --output - | tar x`,
};

/** Reads the command line of `relay-receive`. Prints nothing and exits nowhere. */
export function parseReceiveSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
): ReceiveSettings | ExitSettings {
  return parseCommandLine<ReceiveSettings | ExitSettings>(RECEIVE, argv, version, (given, operands) => {
    const shell = valueOf(COMPLETION, given, env);
    if (shell !== undefined)
      return { kind: 'exit', code: 0, stdout: completionScript(RECEIVE, shell), stderr: '' };
    excludeEachOther(OVERWRITE, RENAME, given);
    const common = commonSettings(given, env);
    const yes = isGiven(YES, given);
    if (common.form === 'json' && !yes)
      throw new UsageError('--json is for scripts, where nobody can be asked: give --yes too.');
    return {
      kind: 'run',
      ...common,
      code: codeOf(operands, env),
      output: valueOf(OUTPUT, given, env),
      yes,
      whenExists: isGiven(OVERWRITE, given) ? 'overwrite' : isGiven(RENAME, given) ? 'rename' : 'refuse',
    };
  });
}

/** Its words may be arguments of their own: people type spaces. */
function codeOf(operands: readonly string[], env: NodeJS.ProcessEnv): GivenCode | undefined {
  if (operands.length > 0) return readCode(operands.join(' '), 'the code');
  const inVariable = env['RELAY_CODE'];
  return inVariable === undefined || inVariable === '' ? undefined : readCode(inVariable, 'RELAY_CODE');
}
