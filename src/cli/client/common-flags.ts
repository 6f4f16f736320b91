import { formatCode, parseCode } from '../../transfer/code.js';
import { MAX_DURATION_MS } from '../../relay/options.js';
import { duration, formatDuration, oneOf } from '../flags/kinds.js';
import { type Flag, type Given, isGiven, UsageError, type ValueFlag, valueOf } from './flags.js';
import { type RelaySettings, relaySettings } from './relay-address.js';

/** What `relay-send` and `relay-receive` have in common. */

const DEFAULT_GIVE_UP_AFTER_MS = 600_000;

const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const GIVE_UP_AFTER: ValueFlag<number> = {
  flag: '--give-up-after',
  about: `how long to try to come back after a cut (${formatDuration(DEFAULT_GIVE_UP_AFTER_MS)})`,
  kind: duration({ min: 0, max: MAX_DURATION_MS }),
  completes: [],
};

/** @param but what is said all the same */
export function quiet(but: string): Flag {
  return { flag: '-q, --quiet', about: `say nothing but ${but}` };
}
const QUIET = quiet('errors');
export const JSON_EVENTS: Flag = { flag: '--json', about: 'one JSON event a line on standard error' };

export const COMPLETION: ValueFlag<Shell> = {
  flag: '--completion',
  about: 'print the completion for bash, zsh or fish',
  kind: oneOf('<shell>', SHELLS),
  completes: SHELLS,
};

/** How much is said, and in which form. */
export type Form = 'people' | 'quiet' | 'json';

export interface CommonSettings {
  readonly relay: RelaySettings;
  readonly giveUpAfterMs: number;
  readonly form: Form;
}

/** @throws {UsageError} */
export function commonSettings(given: Given, env: NodeJS.ProcessEnv): CommonSettings {
  if (isGiven(QUIET, given) && isGiven(JSON_EVENTS, given))
    throw new UsageError('--quiet and --json exclude each other: give one of them.');
  const form = isGiven(JSON_EVENTS, given) ? 'json' : isGiven(QUIET, given) ? 'quiet' : 'people';
  return {
    relay: relaySettings(given, env),
    giveUpAfterMs: valueOf(GIVE_UP_AFTER, given, env) ?? DEFAULT_GIVE_UP_AFTER_MS,
    form,
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
