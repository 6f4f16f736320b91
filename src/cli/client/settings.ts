import {
  COMPLETION,
  type CommonSettings,
  commonSettings,
  GIVE_UP_AFTER,
  JSON_EVENTS,
  quiet,
} from './common-flags.js';
import { completionScript } from '../flags/completion.js';
import { RELAY_FLAGS } from './relay-address.js';
import {
  type ExitSettings,
  type Flag,
  type Given,
  parseCommandLine,
  type Program,
  valueOf,
} from './flags.js';

/**
 * The flags of a tool, in the order of --help.
 * @param own those that the other one does not have
 * @param saidWhenQuiet what --quiet does not keep back
 */
export function toolFlags(own: readonly Flag[], saidWhenQuiet: string): readonly Flag[] {
  return [...RELAY_FLAGS, ...own, GIVE_UP_AFTER, quiet(saidWhenQuiet), JSON_EVENTS, COMPLETION];
}

/** How to go on with a transfer that was stopped. */
export interface Again {
  /** The same command, without the code; undefined where it cannot be shown. */
  readonly again: string | undefined;
}

/**
 * Reads the command line of one of the two tools: prints nothing, exits nowhere.
 * @param read the settings that the other one does not have; a `UsageError` of it becomes an exit with code 2
 */
export function parseToolSettings<Own extends object>(
  program: Program,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
  read: (given: Given, operands: readonly string[], common: CommonSettings) => Own & Again,
): ({ readonly kind: 'run' } & CommonSettings & Own & Again) | ExitSettings {
  return parseCommandLine(program, argv, version, (given, operands) => {
    const shell = valueOf(COMPLETION, given, env);
    if (shell !== undefined)
      return { kind: 'exit', code: 0, stdout: completionScript(program, shell), stderr: '' } as const;
    const common = commonSettings(given, env);
    return { kind: 'run', ...common, ...read(given, operands, common) } as const;
  });
}
