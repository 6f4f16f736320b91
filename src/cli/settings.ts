import { readFileSync } from 'node:fs';
import type { LogFormat, LogLevel } from '../ops/log.js';
import type { RelayOptions } from '../relay/options.js';
import { readCommandLine } from './server/command-line.js';
import { FLAGS, NUMBER_NAMES, type Values } from './server/flags.js';
import { readGiven } from './server/parse.js';
import { UsageError } from './server/wording.js';

export interface RunSettings {
  readonly kind: 'run';
  /** What was given only: the relay knows its defaults. */
  readonly relay: RelayOptions;
  /** Undefined where the admin server is off. */
  readonly admin: { readonly port: number; readonly host: string } | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** Nothing to run: print this, then exit. */
export interface ExitSettings {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type ParseResult = RunSettings | ExitSettings;

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
    const line = readCommandLine(argv, version);
    if ('stdout' in line) return { kind: 'exit', code: 0, stdout: line.stdout, stderr: '' };
    const { values, problems } = readGiven(line.typed, env, readFile);
    const [problem] = problems;
    return problem === undefined ? settingsFrom(values) : badUsage(problem);
  } catch (error) {
    if (error instanceof UsageError) return badUsage(error.message);
    throw error;
  }
}

/**
 * What to run with. What flags ask of each other is checked here.
 * @throws {UsageError}
 */
function settingsFrom(values: Values): RunSettings {
  const relay: { -readonly [Name in keyof RelayOptions]: RelayOptions[Name] } = {};
  for (const name of [...NUMBER_NAMES, 'host'] as const) {
    if (values[name] !== undefined) Object.assign(relay, { [name]: values[name] });
  }
  const { adminPort, adminHost = FLAGS.adminHost.fallback, logLevel = 'info', logFormat = 'auto' } = values;
  return {
    kind: 'run',
    relay,
    admin: adminPort === undefined ? undefined : { port: adminPort, host: adminHost },
    log: { level: logLevel, format: logFormat },
  };
}

function badUsage(message: string): ExitSettings {
  return { kind: 'exit', code: 2, stdout: '', stderr: `relay-server: ${message}\n` };
}
