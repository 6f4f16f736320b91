import { type CommonSettings, type GivenCode, readCode } from './common-flags.js';
import {
  excludeEachOther,
  type ExitSettings,
  type Flag,
  isGiven,
  type Program,
  UsageError,
  type ValueFlag,
  valueOf,
} from './flags.js';
import { commandAgain } from './command-again.js';
import { type Again, parseToolSettings, toolFlags } from './settings.js';

export interface ReceiveSettings extends CommonSettings, Again {
  readonly kind: 'run';
  /** Undefined: a person is asked for it. */
  readonly code: GivenCode | undefined;
  /** A directory, a name, or `-` for standard output. */
  readonly output: string | undefined;
  /** Agrees to whatever is offered. */
  readonly yes: boolean;
  /** For a sender that is not there yet. */
  readonly wait: boolean;
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

const WAIT: Flag = { flag: '--wait', about: 'wait for a sender that is not there yet' };

const RECEIVE: Program = {
  name: 'relay-receive',
  // A code may be an argument too. It would stand in the process list: nobody is led there.
  usage: '[options]',
  about: 'Receives what relay-send offers. It asks for the code. In scripts: RELAY_CODE.',
  flags: toolFlags([OUTPUT, YES, OVERWRITE, RENAME, WAIT], 'errors'),
  takesPaths: false,
  examples: `
Example:
  $ RELAY_CODE=$(cat code) relay-receive --wait --yes --output - | tar x`,
};

/** Reads the command line of `relay-receive`. Prints nothing and exits nowhere. */
export function parseReceiveSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
): ReceiveSettings | ExitSettings {
  return parseToolSettings(RECEIVE, argv, env, version, (given, operands, { form }) => {
    excludeEachOther(OVERWRITE, RENAME, given);
    const yes = isGiven(YES, given);
    if (form === 'json' && !yes)
      throw new UsageError('--json is for scripts, where nobody can be asked: give --yes too.');
    return {
      code: codeOf(operands, env),
      output: valueOf(OUTPUT, given, env),
      yes,
      wait: isGiven(WAIT, given),
      again: commandAgain(RECEIVE, given, []),
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
