import { readFileSync } from 'node:fs';
import { type Program, readCommandLine } from '../flags/command-line.js';
import { COMMANDS, describeCommands } from './commands.js';
import { resolveGiven, type RunSettings } from './settings.js';
import { UsageError } from '../flags/wording.js';

export type { RunSettings } from './settings.js';

/** Nothing to run: print this, then exit. */
export interface ExitSettings {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type ParseResult = RunSettings | ExitSettings;

const RUN: Program = {
  name: 'relay-server',
  about: 'A TCP relay that pairs a sender and a receiver by a short code.',
  own: [],
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
  try {
    const line = readCommandLine(RUN, argv.slice(2), version);
    if ('stdout' in line) return { kind: 'exit', code: 0, stdout: line.stdout, stderr: '' };
    const { settings, problems } = resolveGiven(line.typed, env, readFile);
    return settings ?? badUsage(problems[0] ?? '');
  } catch (error) {
    if (error instanceof UsageError) return badUsage(error.message);
    throw error;
  }
}

function badUsage(message: string): ExitSettings {
  return { kind: 'exit', code: 2, stdout: '', stderr: `relay-server: ${message}\n` };
}
