import { longOf } from '../flags/flag.js';
import { FLAG_NAMES, FLAGS, type FlagName } from './flags.js';
import { type Finding, hasFailed, listed, sum } from './inspect/finding.js';
import type { Given } from '../flags/given.js';
import { printable } from '../flags/wording.js';

export interface CheckedSetting {
  readonly name: string;
  /** As it is written on a command line. */
  readonly value: string;
  /** `flag`, a variable, `relay.toml:3`, or `default`. */
  readonly from: string;
}

/** Every setting, in the order of --help. @param fallbacks defaults that depend on this machine */
export function checkedSettings(
  given: ReadonlyMap<FlagName, Given>,
  fallbacks: Readonly<Partial<Record<FlagName, string>>>,
): readonly CheckedSetting[] {
  return FLAG_NAMES.map((flagName) => {
    const name = longOf(FLAGS[flagName]).slice(2);
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
