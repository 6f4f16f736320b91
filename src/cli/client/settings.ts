import { formatCode, parseCode } from '../../transfer/code.js';
import { completionScript } from '../flags/completion.js';
import type { Flags } from '../flags/flag.js';
import { type Given, givenOf } from '../flags/given.js';
import { type ExitSettings, settingsOf } from '../flags/main.js';
import type { Program } from '../flags/program.js';
import { UsageError } from '../flags/wording.js';
import { type CommonFlags, DEFAULT_GIVE_UP_AFTER_MS } from './flags.js';
import { type RelaySettings, relaySettings } from './relay-address.js';

/** How much is said, and in which form. */
export type Form = 'people' | 'quiet' | 'json';

/** What `relay-send` and `relay-receive` have in common. */
export interface CommonSettings {
  readonly relay: RelaySettings;
  readonly giveUpAfterMs: number;
  readonly form: Form;
}

/** How to go on with a transfer that was stopped. */
export interface Again {
  /** The same command, without the code; undefined where it cannot be shown. */
  readonly again: string | undefined;
}

/**
 * Reads the command line of one of the two tools: prints nothing, exits nowhere.
 * @param argv `process.argv`, or the like: its first two entries are passed over.
 * @param read the settings that the other one does not have; a `UsageError` of it becomes an exit with code 2
 */
export function parseToolSettings<Table extends CommonFlags & Flags, Own extends object>(
  program: Program<Table>,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
  read: (given: Given<Table>, operands: readonly string[], common: CommonSettings) => Own & Again,
): ({ readonly kind: 'run' } & CommonSettings & Own & Again) | ExitSettings {
  return settingsOf(program, argv.slice(2), version, ({ typed, operands }) => {
    const given = givenOf(program, { typed, env });
    const common: Given<CommonFlags> = given;
    const shell = common.value('completion');
    if (shell !== undefined)
      return { kind: 'exit', code: 0, stdout: completionScript(program, shell), stderr: '' } as const;
    const settings = commonSettings(common);
    return { kind: 'run', ...settings, ...read(given, operands, settings) } as const;
  });
}

/** @throws {UsageError} */
function commonSettings(given: Given<CommonFlags>): CommonSettings {
  const { quiet, json } = { quiet: given.value('quiet') === true, json: given.value('json') === true };
  if (quiet && json) throw new UsageError('--quiet and --json exclude each other: give one of them.');
  return {
    relay: relaySettings(given),
    giveUpAfterMs: given.value('giveUpAfter') ?? DEFAULT_GIVE_UP_AFTER_MS,
    form: json ? 'json' : quiet ? 'quiet' : 'people',
  };
}

/** A code that was given, in its normal form, and a sentence where it looks like a typing error. */
export interface GivenCode {
  readonly code: string;
  readonly hint: string | undefined;
}

/**
 * @param origin what to call it in the message: `--code`, `RELAY_CODE`, `code`.
 * @throws {UsageError} whose message never repeats what was typed.
 */
export function readCode(text: string, origin: string): GivenCode {
  const parsed = parseCode(text);
  if (!parsed.ok) throw new UsageError(`${origin}: ${parsed.problem}`);
  return { code: formatCode(parsed.code), hint: parsed.hint };
}
