import type { Typed } from './command-line.js';
import { attributeOf, type Flags, longOf, type ValuesOf } from './flag.js';
import type { Program } from './program.js';
import { UsageError } from './wording.js';

/** What was given for a flag, and where: `flag`, the name of a variable, or the place in a file. */
export interface Origin {
  readonly text: string;
  readonly from: 'flag' | (string & {});
}

/** Where flags can be given. */
export interface Sources {
  readonly typed: Typed;
  readonly env: NodeJS.ProcessEnv;
  /** By the names in the table. */
  readonly file?: ReadonlyMap<string, Origin>;
}

/** What was given for the flags of a program: each is looked at when it is asked for. */
export interface Given<Table extends Flags> {
  /** What counts where several sources give it: the command line, then the variable, then the file. */
  readonly of: (name: keyof Table & string) => Origin | undefined;
  /**
   * Undefined where nothing was given.
   * @throws {UsageError} where what was given is no value of the flag; it names the flag
   */
  readonly value: <Name extends keyof Table & string>(name: Name) => ValuesOf<Table>[Name];
}

/** Gathers what counts. An empty variable is not set. */
export function givenOf<Table extends Flags>(
  { flags, wording }: Pick<Program<Table>, 'flags' | 'wording'>,
  { typed, env, file }: Sources,
): Given<Table> {
  const of = (name: keyof Table & string): Origin | undefined => {
    const flag = flags[name];
    if (flag === undefined) return undefined;
    const onCommandLine = typed[attributeOf(flag)];
    if (onCommandLine !== undefined) return { text: `${onCommandLine}`, from: 'flag' };
    const { variable } = flag;
    const inVariable = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && inVariable !== undefined && inVariable !== '')
      return { text: inVariable, from: variable };
    return file?.get(name);
  };
  const value = <Name extends keyof Table & string>(name: Name): ValuesOf<Table>[Name] => {
    type Result = ValuesOf<Table>[Name];
    const [flag, origin] = [flags[name], of(name)];
    if (flag === undefined || origin === undefined) return undefined as Result;
    const { text, from } = origin;
    const result = flag.kind.read(text);
    if (result !== undefined) return result as Result;
    const place = from === 'flag' ? '' : ` (from ${from})`;
    throw new UsageError(`${longOf(flag)}${place}: ${wording.badValue(text, flag.kind.expected)}`);
  };
  return { of, value };
}

/** All of it at once. */
export interface Read<Table extends Flags> {
  readonly given: ReadonlyMap<keyof Table & string, Origin>;
  /** Of what was given and could be read. */
  readonly values: ValuesOf<Table>;
  /** What is wrong with values: a sentence for each, for people. */
  readonly problems: readonly string[];
}

/** Reads every flag of a table, in its order. */
export function readAll<Table extends Flags>(flags: Table, { of, value }: Given<Table>): Read<Table> {
  const given = new Map<keyof Table & string, Origin>();
  const values: Partial<Record<string, unknown>> = {};
  const problems: string[] = [];
  for (const name of Object.keys(flags) as (keyof Table & string)[]) {
    const origin = of(name);
    if (origin === undefined) continue;
    given.set(name, origin);
    try {
      values[name] = value(name);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
    }
  }
  return { given, values: values as ValuesOf<Table>, problems };
}
