import { readFileSync } from 'node:fs';
import { resolveSettings } from '../../relay/options.js';
import { keyOf } from '../flags/flag.js';
import type { Origin } from '../flags/given.js';
import { ownVersion, printExit, settingsOf } from '../flags/main.js';
import { describedBelow, type Program } from '../flags/program.js';
import { REPEATING } from '../flags/wording.js';
import { printable } from '../text/escape.js';
import { FLAG_NAMES, type FlagName, FLAGS, REPORT_AS_JSON } from './flags.js';
import { type Finding, hasFailed, listed, sum } from './inspect/finding.js';
import { inspectSettings } from './inspect/settings.js';
import { readSocketUnit } from './inspect/socket-unit.js';
import { resolveGiven } from './settings.js';

const CHECK: Program = {
  name: 'relay-server check',
  usage: '[options]',
  about:
    'Shows what relay-server would run with, given the same flags, variables and\nfile, and all that is wrong with it. It starts nothing.',
  flags: { json: REPORT_AS_JSON, ...FLAGS },
  describe: describedBelow,
  wording: REPEATING,
  epilogue: `
Exit code 0: nothing is wrong. 2: something is.

Examples:
  $ relay-server check --config /etc/relay.toml
  $ relay-server check --json --port 9000`,
};

/** @returns the exit code: 0 where all is well, or 2. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const line = settingsOf(CHECK, argv, ownVersion(), (line) => line);
  if ('kind' in line) return printExit(line);
  const resolved = resolveGiven(line.typed, env, readFileSync);
  const findings = await inspectSettings(resolved, env, await readSocketUnit());
  const settings = checkedSettings(resolved.given, {
    maxConnections: `${resolveSettings().maxConnections}`,
  });
  const report = line.typed['json'] === true ? checkJson : checkText;
  process.stdout.write(report(settings, findings));
  return hasFailed(findings) ? 2 : 0;
}

export interface CheckedSetting {
  readonly name: string;
  /** As it is written on a command line. */
  readonly value: string;
  /** `flag`, a variable, `relay.toml:3`, or `default`. */
  readonly from: string;
}

/** Every setting, in the order of the table. @param fallbacks defaults that depend on this machine */
export function checkedSettings(
  given: ReadonlyMap<FlagName, Origin>,
  fallbacks: Readonly<Partial<Record<FlagName, string>>>,
): readonly CheckedSetting[] {
  return FLAG_NAMES.map((flagName) => {
    const name = keyOf(FLAGS[flagName]);
    const one = given.get(flagName);
    if (one !== undefined) return { name, value: one.text, from: one.from };
    return { name, value: fallbacks[flagName] ?? FLAGS[flagName].fallback, from: 'default' };
  });
}

/** For people. */
export function checkText(settings: readonly CheckedSetting[], findings: readonly Finding[]): string {
  const rows = settings.map(({ name, value, from }) => ({ name, value: printable(value), from }));
  const names = Math.max(...rows.map(({ name }) => name.length));
  const values = Math.max(...rows.map(({ value }) => value.length));
  const table = rows.map(
    ({ name, value, from }) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${from}\n`,
  );
  return `${table.join('')}\n${listed(findings)}${sum(findings)}\n`;
}

/** For scripts: one object on a line. */
export function checkJson(settings: readonly CheckedSetting[], findings: readonly Finding[]): string {
  return `${JSON.stringify({ ok: !hasFailed(findings), settings, findings })}\n`;
}
