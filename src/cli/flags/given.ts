import type { Typed } from './command-line.js';
import { placeIn, readConfigFile } from './config-file.js';
import { attributeOf, type Flag, longOf, variableOf } from './flag.js';
import { FLAG_NAMES, FLAGS, type FlagName, type Values } from '../server/flags.js';
import { quoted } from './wording.js';

/** What was given for a flag, and where: `flag`, the name of a variable, or the place in a file. */
export interface Given {
  readonly text: string;
  readonly from: 'flag' | (string & {});
}

export interface Read {
  readonly given: ReadonlyMap<FlagName, Given>;
  /** Of what was given and could be read. */
  readonly values: Values;
  /** What is wrong: a sentence for each, for people. */
  readonly problems: readonly string[];
}

/**
 * What counts where several give a value: the command line, then the environment, then the file that --config names.
 * An empty variable is not set.
 * @param readFile throws what `readFileSync` throws
 */
export function readGiven(
  typed: Typed,
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => Uint8Array,
): Read {
  const config = onLineOrInVariable(FLAGS.config, typed, env);
  const path = config === undefined ? undefined : FLAGS.config.kind.read(config.text);
  const file = path === undefined ? undefined : readConfigFile(path, readFile);
  const given = new Map<FlagName, Given>();
  const values: Partial<Record<FlagName, unknown>> = {};
  const problems = [...(file?.problems ?? [])];
  for (const name of FLAG_NAMES) {
    const flag: Flag<unknown> = FLAGS[name];
    const inFile = file?.given.get(name);
    const one =
      onLineOrInVariable(flag, typed, env) ??
      (inFile && { text: inFile.text, from: placeIn(path ?? '', inFile.line) });
    if (one === undefined) continue;
    given.set(name, one);
    values[name] = flag.kind.read(one.text);
    if (values[name] === undefined) problems.push(problemOf(flag, one));
  }
  return { given, values: values as Values, problems };
}

function onLineOrInVariable(flag: Flag<unknown>, typed: Typed, env: NodeJS.ProcessEnv): Given | undefined {
  const onCommandLine = typed[attributeOf(flag)];
  if (onCommandLine !== undefined) return { text: `${onCommandLine}`, from: 'flag' };
  const variable = variableOf(flag);
  const inVariable = env[variable];
  return inVariable === undefined || inVariable === '' ? undefined : { text: inVariable, from: variable };
}

function problemOf(flag: Flag<unknown>, { text, from }: Given): string {
  const origin = from === 'flag' ? '' : ` (from ${from})`;
  return `${longOf(flag)}${origin}: ${quoted(text)} is not ${flag.kind.expected}.`;
}
