import type { Dialect } from './dialect.js';
import { line } from './line.js';

/** What a relay can speak, by the name that `--speak` has for it. A new dialect is a row here, and its file. */
export const DIALECTS = { line } as const satisfies Readonly<Record<string, Dialect>>;

export type DialectName = keyof typeof DIALECTS;

export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[];

/** What is spoken unless something is said. */
export const SPOKEN: readonly DialectName[] = ['line'];
