import type { Typed } from './command-line.js';
import { attributeOf, type Flag, longOf, variableOf } from './flag.js';
import { FLAG_NAMES, FLAGS, type FlagName, type Values } from './flags.js';
import { quoted } from './wording.js';

/** What was given for a flag, and where. */
export interface Given {
  readonly text: string;
  readonly from: 'flag' | 'variable';
}

export type AllGiven = ReadonlyMap<FlagName, Given>;

/** What counts where several give a value: the command line, then the environment. An empty variable is not set. */
export function collect(typed: Typed, env: NodeJS.ProcessEnv): AllGiven {
  const all = new Map<FlagName, Given>();
  for (const name of FLAG_NAMES) {
    const given = first(FLAGS[name], typed, env);
    if (given !== undefined) all.set(name, given);
  }
  return all;
}

/** The values of what was given, and what is wrong with the others: a sentence for each, for people. */
export function readValues(given: AllGiven): {
  readonly values: Values;
  readonly problems: readonly string[];
} {
  const values: Partial<Record<FlagName, unknown>> = {};
  const problems: string[] = [];
  for (const [name, one] of given) {
    const flag: Flag<unknown> = FLAGS[name];
    values[name] = flag.kind.read(one.text);
    if (values[name] === undefined) problems.push(problemOf(flag, one));
  }
  return { values: values as Values, problems };
}

function first(flag: Flag<unknown>, typed: Typed, env: NodeJS.ProcessEnv): Given | undefined {
  const onCommandLine = typed[attributeOf(flag)];
  if (onCommandLine !== undefined) return { text: `${onCommandLine}`, from: 'flag' };
  const inVariable = env[variableOf(flag)];
  return inVariable === undefined || inVariable === '' ? undefined : { text: inVariable, from: 'variable' };
}

function problemOf(flag: Flag<unknown>, { text, from }: Given): string {
  const origin = from === 'variable' ? ` (from ${variableOf(flag)})` : '';
  return `${longOf(flag)}${origin}: ${quoted(text)} is not ${flag.kind.expected}.`;
}
