import { readFileSync } from 'node:fs';
import { type ExitSettings, settingsOf } from '../flags/main.js';
import { describedBelow, type Program } from '../flags/program.js';
import { REPEATING, UsageError } from '../flags/wording.js';
import { FLAGS } from './flags.js';
import { resolveGiven, type RunSettings } from './settings.js';

export type ParseResult = RunSettings | ExitSettings;

/** What `relay-server <name> …` does instead of running a relay. */
export interface ServerCommand {
  /** For --help. */
  readonly about: string;
  readonly load: () => Promise<{
    /**
     * @param argv what stands behind the command's name
     * @returns the exit code
     */
    readonly main: (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>;
  }>;
}

/** Loaded when they are called for only: a relay that runs needs none of them. */
export const COMMANDS: ReadonlyMap<string, ServerCommand> = new Map<string, ServerCommand>([
  ['check', { about: 'show the settings, and what is wrong with them', load: () => import('./check.js') }],
  ['doctor', { about: 'try a transfer, and look at this machine', load: () => import('./doctor.js') }],
  ['token', { about: 'draw a token for a sender', load: () => import('./token.js') }],
  ['ctl', { about: 'look into a relay that runs, and command it', load: () => import('./ctl.js') }],
]);

/** For --help; empty where there are none. */
export function describeCommands(commands: ReadonlyMap<string, ServerCommand>): string {
  if (commands.size === 0) return '';
  const lines = [...commands].map(([name, { about }]) => `  ${name.padEnd(8)} ${about}\n`);
  return `\nInstead of running (relay-server <name> --help):\n${lines.join('')}`;
}

const RUN: Program = {
  name: 'relay-server',
  usage: '[options]',
  about: 'A TCP relay that pairs a sender and a receiver by a short code.',
  flags: FLAGS,
  describe: describedBelow,
  wording: REPEATING,
  epilogue: `${describeCommands(COMMANDS)}
Examples:
  $ relay-server
  $ relay-server --port 9000 --host 127.0.0.1 --retry-window 5m
  $ RELAY_ADMIN_PORT=9090 RELAY_LOG_FORMAT=json relay-server

Every flag has the environment variable that stands by its default, and a key
in the file that --config names: its name without the hyphens. The flag wins,
then the variable. Durations are written 500ms, 10s, 2m or 1h.`,
};

/**
 * Reads the settings of `relay-server`. Prints nothing and exits nowhere; the one file that it reads is --config's.
 * @param argv `process.argv`, or the like: its first two entries are passed over.
 * @param env an empty variable counts as not set.
 * @param readFile throws what `readFileSync` throws
 */
export function parseSettings(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
  readFile: (path: string) => Uint8Array = readFileSync,
): ParseResult {
  return settingsOf(RUN, argv.slice(2), version, ({ typed }) => {
    const { settings, problems } = resolveGiven(typed, env, readFile);
    if (settings === undefined) throw new UsageError(problems[0] ?? '');
    return settings;
  });
}
