import { readFileSync } from 'node:fs';
import { type CommandLine, readCommandLine } from './command-line.js';
import type { Program } from './program.js';
import { UsageError } from './wording.js';

/** Nothing to run: print this, then exit. */
export interface ExitSettings {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Settings of a command line. Prints nothing and exits nowhere.
 * @param words what stands behind the program's name
 * @param read makes settings of what was given; a `UsageError` of it becomes an exit with code 2
 */
export function settingsOf<Settings>(
  program: Program,
  words: readonly string[],
  version: string | undefined,
  read: (line: CommandLine) => Settings | ExitSettings,
): Settings | ExitSettings {
  try {
    const line = readCommandLine(program, words, version);
    if ('stdout' in line) return { kind: 'exit', code: 0, stdout: line.stdout, stderr: '' };
    return read(line);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'exit', code: 2, stdout: '', stderr: `${program.name}: ${error.message}\n` };
  }
}

/** @returns the exit code */
export function printExit({ code, stdout, stderr }: ExitSettings): number {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code;
}

/** The version in the package's manifest. */
export function ownVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const version = (manifest as { readonly version?: unknown }).version;
  return typeof version === 'string' ? version : 'unknown';
}
