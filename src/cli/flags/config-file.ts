import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { fileProblem } from '../../files/errors.js';
import { printable, quoted } from '../text/escape.js';
import { flagLike } from './command-line.js';
import { type Flag, type Flags, keyOf } from './flag.js';
import type { Origin } from './given.js';

/** What a file of settings may hold, and what it is called in messages. */
export interface FileFormat {
  readonly flags: Flags;
  /** `relay-server`, whose --help names the flags. */
  readonly program: string;
  /** What names the file: `--config`. */
  readonly namedBy: string;
}

export interface ConfigFile {
  /** Values as text, the way a flag takes them, by the names of the table. */
  readonly given: ReadonlyMap<string, Origin>;
  /** What is wrong with the file, other than values: a sentence for each, for people. */
  readonly problems: readonly string[];
}

/**
 * Reads a file of settings: TOML, one key for each flag.
 * @param path as it was given, for the messages
 * @param readFile throws what `readFileSync` throws
 */
export function readConfigFile(
  format: FileFormat,
  path: string,
  readFile: (path: string) => Uint8Array,
): ConfigFile {
  let source: string;
  let table: TomlTable;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(readFile(path));
    table = parse(source, { integersAsBigInt: true });
  } catch (error) {
    return { given: new Map(), problems: [unreadable(format, path, error)] };
  }
  const flags = new Map(Object.entries(format.flags).map(([name, flag]) => [keyOf(flag), { name, flag }]));
  const given = new Map<string, Origin>();
  const problems: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const place = placeIn(path, lineOf(key, source));
    const { name, flag } = flags.get(key) ?? {};
    if (name === undefined || flag?.inFile !== true) {
      problems.push(`${place}: ${unknown(format, key, value, flag)}`);
      continue;
    }
    const text = textOf(value, flag.kind.isList === true);
    if (text === undefined) problems.push(`${place}: ${key} is not ${flag.kind.expected}.`);
    else given.set(name, { text, from: place });
  }
  return { given, problems };
}

/** `relay.toml:3`, fit for a terminal. */
function placeIn(path: string, line: number | undefined): string {
  return line === undefined ? printable(path) : `${printable(path)}:${line}`;
}

/** Undefined where a flag could not be given such a value. */
function textOf(value: TomlValue, isList: boolean): string | undefined {
  if (isList && Array.isArray(value)) {
    const texts = value.map((one) => textOf(one, false));
    return texts.some((text) => text === undefined || text.includes(',')) ? undefined : texts.join(',');
  }
  // A whole number is a bigint here, a number has a point or an exponent.
  return typeof value === 'object' || typeof value === 'number' ? undefined : `${value}`;
}

/** Of a key at the beginning of a line. Where several lines look like it, none is told rather than a wrong one. */
function lineOf(key: string, source: string): number | undefined {
  const lines = source.split('\n');
  const isIts = (line: string): boolean => {
    const [, inQuotes, inApostrophes, bare] =
      /^\s*\[{0,2}\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*[=.\]]/.exec(line) ?? [];
    return (inQuotes ?? inApostrophes ?? bare) === key;
  };
  const index = lines.findIndex(isIts);
  return index === -1 || lines.findLastIndex(isIts) !== index ? undefined : index + 1;
}

function unknown({ flags, program }: FileFormat, key: string, value: TomlValue, flag?: Flag): string {
  if (typeof flag?.inFile === 'string') return flag.inFile;
  const meant = flagLike(`--${key}`, flags);
  if (meant !== undefined) return `there is no setting ${quoted(key)}. Did you mean ${keyOf(meant)}?`;
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date))
    return `there is no part ${quoted(key)}. Settings stand at the top of the file.`;
  return `there is no setting ${quoted(key)}. See ${program} --help: they are named as the flags.`;
}

function unreadable({ namedBy }: FileFormat, path: string, error: unknown): string {
  if (error instanceof TomlError) {
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return `${placeIn(path, error.line)}: this is no TOML, at column ${error.column}: ${printable(what)}.`;
  }
  return `${namedBy}: cannot read ${quoted(path)}: ${printable(fileProblem(error))}.`;
}
