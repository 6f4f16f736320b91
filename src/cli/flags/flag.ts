import type { Kind } from './kinds.js';

/** A flag of a program: all that parsing, --help, its variable, files, completion and the documentation know of it. */
export interface Flag<Value = unknown> {
  /** `-p, --port` */
  readonly flag: string;
  readonly kind: Kind<Value>;
  /** The words of --help. */
  readonly about: string;
  /** Words of the documentation, in Markdown, where it says more. */
  readonly docs?: string;
  /**
   * The default, as --help shows it. A single word must be a value that can be given; where there is none, take
   * two words: `no limit`.
   */
  readonly fallback?: string;
  /** Heading in --help; a flag without one stands first. */
  readonly group?: string;
  /** Variable that is read where the flag is not given. */
  readonly variable?: string;
  /** Whether a file of settings may have it, under `keyOf`; or a sentence that says why not. */
  readonly inFile?: boolean | string;
}

/** Flags by the names that their values have, in the order of --help. */
export type Flags = Readonly<Record<string, Flag>>;

/** What was given, and undefined for what was not. */
export type ValuesOf<Table extends Flags> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value> ? Value | undefined : never;
};

type Spelled = Pick<Flag, 'flag'>;

/** `--port` of `-p, --port`. */
export function longOf({ flag }: Spelled): string {
  return flag.slice(flag.indexOf('--'));
}

/** `-p` and `--port` of `-p, --port`. */
export function spellingsOf({ flag }: Spelled): readonly string[] {
  return flag.split(', ');
}

/** The key in a file: `admin-port`. */
export function keyOf(flag: Spelled): string {
  return longOf(flag).slice(2);
}

/** What commander calls it: `adminPort`. */
export function attributeOf(flag: Spelled): string {
  return keyOf(flag).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The variable that most flags have: `RELAY_ADMIN_PORT`. */
export function variableOf(flag: Spelled): string {
  return `RELAY_${keyOf(flag).toUpperCase().replaceAll('-', '_')}`;
}

/** Whether it is given or not, without a value. */
export function isSwitch({ kind }: Pick<Flag, 'kind'>): boolean {
  return kind.placeholder === '';
}

/** `-p, --port <n>` */
export function synopsisOf(flag: Pick<Flag, 'flag' | 'kind'>): string {
  return isSwitch(flag) ? flag.flag : `${flag.flag} ${flag.kind.placeholder}`;
}
