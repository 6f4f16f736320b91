import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { flagLike } from './command-line.js';
import { fileProblem } from '../../ops/file-problem.js';
import { longOf } from './flag.js';
import { FLAG_NAMES, FLAGS, type FlagName } from '../server/flags.js';
import { printable, quoted } from './wording.js';

/** Every setting but the one that names the file, by its key: the flag's name without its hyphens. */
const KEYS: ReadonlyMap<string, FlagName> = new Map(
  FLAG_NAMES.filter((name) => name !== 'config').map((name) => [longOf(FLAGS[name]).slice(2), name]),
);

/** A value as text, the way a flag takes it, and the line of its key where that is plain. */
export interface InFile {
  readonly text: string;
  readonly line: number | undefined;
}

export interface ConfigFile {
  readonly given: ReadonlyMap<FlagName, InFile>;
  /** What is wrong with the file, other than values: a sentence for each, for people. */
  readonly problems: readonly string[];
}

/**
 * Reads a file of settings: TOML, one key for each flag.
 * @param path as it was given, for the messages
 * @param readFile throws what `readFileSync` throws
 */
export function readConfigFile(path: string, readFile: (path: string) => Uint8Array): ConfigFile {
  let source: string;
  let table: TomlTable;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(readFile(path));
    table = parse(source, { integersAsBigInt: true });
  } catch (error) {
    return { given: new Map(), problems: [unreadable(path, error)] };
  }
  const given = new Map<FlagName, InFile>();
  const problems: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const line = lineOf(key, source);
    const name = KEYS.get(key);
    const text = name === undefined ? undefined : textOf(value, FLAGS[name].kind.isList === true);
    if (name !== undefined && text !== undefined) given.set(name, { text, line });
    else
      problems.push(`${placeIn(path, line)}: ${name === undefined ? unknown(key, value) : misshapen(name)}`);
  }
  return { given, problems };
}

/** `relay.toml:3`, fit for a terminal. */
export function placeIn(path: string, line: number | undefined): string {
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

function unknown(key: string, value: TomlValue): string {
  if (key === 'config') return 'a file cannot name another one: "config" is for the command line.';
  const meant = flagLike(`--${key}`);
  if (meant !== undefined)
    return `there is no setting ${quoted(key)}. Did you mean ${longOf(meant).slice(2)}?`;
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date))
    return `there is no part ${quoted(key)}. Settings stand at the top of the file.`;
  return `there is no setting ${quoted(key)}. See relay-server --help: they are named as the flags.`;
}

function misshapen(name: FlagName): string {
  const flag = FLAGS[name];
  return `${longOf(flag).slice(2)} is not ${flag.kind.expected}.`;
}

function unreadable(path: string, error: unknown): string {
  if (error instanceof TomlError) {
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return `${placeIn(path, error.line)}: this is no TOML, at column ${error.column}: ${printable(what)}.`;
  }
  return `--config: cannot read ${quoted(path)}: ${printable(fileProblem(error))}.`;
}
