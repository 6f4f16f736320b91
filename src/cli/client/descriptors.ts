import { createReadStream, fstatSync, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { DescriptorWriter } from './descriptor-writer.js';
import { UsageError } from '../flags/wording.js';

/** Standard output, or what stands in its place. */
export type Output = Writable & { readonly isTTY?: boolean };

/** What standard input or output can be. `unknown` is left to Node: a system that does not tell. */
export type DescriptorKind =
  'pipe' | 'file' | 'terminal' | 'block-device' | 'null' | 'directory' | 'device' | 'unknown';

export interface Hints {
  readonly isTerminal: boolean;
  /** The device number of `/dev/null`; undefined where there is none. */
  readonly nullDevice: number | undefined;
}

/**
 * What a descriptor is, by its stat. One that is closed counts as `/dev/null`: Node opens that in its place before anybody
 * can look, for reading and writing, as other programs open the one that they have chosen.
 */
export function kindOf(stats: Pick<Stats, 'mode' | 'rdev'>, hints: Hints): DescriptorKind {
  switch (stats.mode & 0o170000) {
    case 0o010000:
    case 0o140000:
      return 'pipe';
    case 0o100000:
      return 'file';
    case 0o060000:
      return 'block-device';
    case 0o040000:
      return 'directory';
    case 0o020000:
      if (hints.isTerminal) return 'terminal';
      return stats.rdev === hints.nullDevice ? 'null' : 'device';
    default:
      return 'unknown';
  }
}

/** Why nothing can be read from there, or written to; undefined where it can. For a sentence that begins with its name. */
export function problemOf(kind: DescriptorKind): string | undefined {
  switch (kind) {
    case 'directory':
      return 'is a directory';
    case 'device':
      return 'is a device, and neither a terminal nor a disk';
    default:
      return undefined;
  }
}

/**
 * What is sent as standard input. Node reads nothing at all from a block device, and says that it has ended.
 *
 * @throws {UsageError} for what it cannot be
 */
export function standardInput(process: NodeJS.Process): Readable {
  const kind = describe(0);
  const problem = problemOf(kind);
  if (problem !== undefined)
    throw new UsageError(`standard input ${problem}. Pipe in what is to be sent, or name its path.`);
  if (kind === 'block-device')
    return createReadStream('', { fd: 0, autoClose: false, highWaterMark: READ_BYTES });
  const { stdin } = process;
  if (kind === 'pipe' && !(stdin instanceof Socket))
    throw new UsageError('standard input is a socket that has no end. Pipe in what is to be sent.');
  return stdin;
}

/**
 * Where received bytes go. Node writes to a file and does not look how much of it was taken, and to a block device it
 * writes nothing.
 *
 * @throws {UsageError} for what it cannot be
 */
export function standardOutput(process: NodeJS.Process): Output {
  const kind = describe(1);
  const problem = problemOf(kind);
  if (problem !== undefined)
    throw new UsageError(
      `standard output ${problem}. Send it to a file or a pipe, or name a place with --output.`,
    );
  return kind === 'file' || kind === 'block-device' ? new DescriptorWriter(1) : process.stdout;
}

const READ_BYTES = 256 * 1024;

function describe(fd: 0 | 1): DescriptorKind {
  // There it is Node that knows.
  if (process.platform === 'win32') return 'unknown';
  const nullDevice = statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  return kindOf(fstatSync(fd), { isTerminal: isatty(fd), nullDevice });
}
