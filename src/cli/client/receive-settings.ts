import type { ExitSettings } from '../flags/main.js';
import { UsageError } from '../flags/wording.js';
import { commandAgain } from './command-again.js';
import { RECEIVE } from './flags.js';
import { type Again, type CommonSettings, type GivenCode, parseToolSettings, readCode } from './settings.js';

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

/** Reads the command line of `relay-receive`. Prints nothing and exits nowhere. */
export function parseReceiveSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
): ReceiveSettings | ExitSettings {
  return parseToolSettings(RECEIVE, argv, env, version, (given, operands, { form }) => {
    const [overwrite, rename] = [given.value('overwrite') === true, given.value('rename') === true];
    if (overwrite && rename)
      throw new UsageError('--overwrite and --rename exclude each other: give one of them.');
    const yes = given.value('yes') === true;
    if (form === 'json' && !yes)
      throw new UsageError('--json is for scripts, where nobody can be asked: give --yes too.');
    return {
      code: codeOf(operands, env),
      output: given.value('output'),
      yes,
      wait: given.value('wait') === true,
      again: commandAgain(RECEIVE, given, []),
      whenExists: overwrite ? 'overwrite' : rename ? 'rename' : 'refuse',
    };
  });
}

/** Its words may be arguments of their own: people type spaces. */
function codeOf(operands: readonly string[], env: NodeJS.ProcessEnv): GivenCode | undefined {
  if (operands.length > 0) return readCode(operands.join(' '), 'the code');
  const inVariable = env['RELAY_CODE'];
  return inVariable === undefined || inVariable === '' ? undefined : readCode(inVariable, 'RELAY_CODE');
}
