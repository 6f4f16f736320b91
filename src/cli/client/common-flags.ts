import type { RelayAddress } from '../../client/api.js';
import { formatCode, parseCode } from '../../client/code.js';
import { MAX_DURATION_MS } from '../../relay/options.js';
import { duration, formatDuration, oneOf, type Kind } from '../values.js';
import { type Flag, type Given, isGiven, UsageError, type ValueFlag, valueOf } from './flags.js';

/** What `relay-send` and `relay-receive` have in common. */

const DEFAULT_PORT = 4000;
export const DEFAULT_RELAY: RelayAddress = { host: 'localhost', port: DEFAULT_PORT };
const DEFAULT_GIVE_UP_AFTER_MS = 600_000;

const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** `host:port`, `[::1]:4000`; without a port, 4000. */
const RELAY_ADDRESS: Kind<RelayAddress> = {
  placeholder: '<host:port>',
  expected: 'an address such as relay.example.com:4000 or [::1]:4000',
  read(text) {
    const [, inBrackets, plain, portText] =
      /^(?:\[([0-9A-Fa-f:.%A-Za-z]{2,80})\]|([A-Za-z0-9._-]{1,253}))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
    const host = inBrackets ?? plain;
    const port = portText === undefined ? DEFAULT_PORT : Number(portText);
    return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
  },
};

export const RELAY: ValueFlag<RelayAddress> = {
  flag: '--relay',
  about: 'the relay (RELAY_ADDRESS, else localhost:4000)',
  kind: RELAY_ADDRESS,
  variable: 'RELAY_ADDRESS',
  completes: [],
};

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
  readonly relay: RelayAddress;
  readonly giveUpAfterMs: number;
  readonly form: Form;
}

/** @throws {UsageError} */
export function commonSettings(given: Given, env: NodeJS.ProcessEnv): CommonSettings {
  if (isGiven(QUIET, given) && isGiven(JSON_EVENTS, given))
    throw new UsageError('--quiet and --json exclude each other: give one of them.');
  const form = isGiven(JSON_EVENTS, given) ? 'json' : isGiven(QUIET, given) ? 'quiet' : 'people';
  return {
    relay: valueOf(RELAY, given, env) ?? DEFAULT_RELAY,
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

/** `host:port` as it is typed. */
export function formatRelay({ host, port }: RelayAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
