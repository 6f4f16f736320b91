import type { Stats } from 'node:fs';
import type { Entry, Offer } from '../../transfer/entry.js';

const OWNER_MAY_EXECUTE = 0o100;
/** Neither setuid, setgid nor sticky. Windows has none of these. */
const RIGHTS = 0o777;

/** The entry of a file or directory; undefined for anything else, which is not sent. */
export function describe(path: string, stats: Stats): Entry | undefined {
  const modifiedMs = modifiedMsOf(stats);
  const mode = process.platform === 'win32' ? undefined : stats.mode & RIGHTS;
  if (stats.isDirectory()) return { path, kind: 'directory', size: 0, executable: false, modifiedMs, mode };
  if (!stats.isFile()) return undefined;
  return {
    path,
    kind: 'file',
    size: stats.size,
    executable: (stats.mode & OWNER_MAY_EXECUTE) !== 0,
    modifiedMs,
    mode,
  };
}

/** The entry of what cannot even be looked at. */
export function unknownEntry(path: string): Entry {
  return { path, kind: 'file', size: 0, executable: false, modifiedMs: 0 };
}

/** Whole milliseconds since 1970. */
export function modifiedMsOf(stats: Stats): number {
  return Math.floor(stats.mtimeMs);
}

/** Standard input, or another stream whose length nobody knows. */
export function describeStream(name: string, nowMs: number): { offer: Offer; entry: Entry } {
  return {
    offer: { kind: 'stream', names: [name], entries: 1, bytes: undefined },
    entry: { path: name, kind: 'file', size: undefined, executable: false, modifiedMs: Math.floor(nowMs) },
  };
}
