import { Option } from 'commander';
import type { Kind } from './kinds.js';

/** A setting of `relay-server`: all that parsing, --help and the documentation's test know of it. */
export interface Flag<Value> {
  /** `-p, --port` */
  readonly flag: string;
  /** Its heading in --help. */
  readonly group: string;
  readonly about: string;
  readonly kind: Kind<Value>;
  /**
   * The default, as --help shows it. A single word must be a value that can be given; where there is none, take
   * two words: `no limit`.
   */
  readonly fallback: string;
}

/** `--port` of `-p, --port`. */
export function longOf({ flag }: { readonly flag: string }): string {
  return flag.slice(flag.indexOf('--'));
}

/** `RELAY_PORT` of `-p, --port`. */
export function variableOf(flag: { readonly flag: string }): string {
  return `RELAY_${longOf(flag).slice(2).toUpperCase().replaceAll('-', '_')}`;
}

/** What commander calls it: `adminPort`. */
export function attributeOf({ flag }: { readonly flag: string }): string {
  return new Option(flag).attributeName();
}
