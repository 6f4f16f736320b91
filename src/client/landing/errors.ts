import { errnoOf } from '../../files/errors.js';
import { LandingError } from '../../transfer/landing.js';
import { nameOf } from './held-names.js';
import { printable } from '../../transfer/names.js';

export { errnoOf };

/**
 * A system error as a `LandingError` about `path`. A `LandingError` stays itself, and what is no system error too: it
 * is a fault of this program, and nobody should read it as one of the disk.
 */
export function landingError(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof LandingError || errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return error;
  const name = `"${printable(nameOf(path))}"`;
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LandingError(
        'no-space',
        `There is no space left to write ${name}. Free some and run the same command again: what arrived is kept.`,
      );
    case 'EROFS':
      return new LandingError(
        'read-only',
        `${name} is on a read-only file system. Choose another directory with --output.`,
      );
    case 'EACCES':
    case 'EPERM':
      return new LandingError(
        'read-only',
        `You may not write ${name}. Change its permissions, or choose another directory with --output.`,
      );
    case 'ENOTDIR':
    case 'ELOOP':
      return new LandingError(
        'not-a-directory',
        `A file or a link stands where ${name} needs a directory. Move it away, or choose another with --output.`,
      );
    case 'EEXIST':
      return alreadyThere(path);
    case 'ENAMETOOLONG':
      return new LandingError(
        'hostile-name',
        `The name ${name} is too long for this disk. Ask the sender to shorten it.`,
      );
    case 'EFBIG':
      return new LandingError(
        'io',
        `The file ${name} is larger than this disk's format allows. Choose another disk with --output.`,
      );
    default:
      return new LandingError(
        'io',
        `The disk failed at ${name} (${errno}). Check it, and run the same command again: what arrived is kept.`,
      );
  }
}

/** Why standard output takes nothing more: whoever reads it is gone, as a rule. */
export function cannotWrite(error: Error): LandingError {
  if (error instanceof LandingError) return error;
  const errno = errnoOf(error);
  if (errno === undefined || errno === 'EPIPE' || errno.startsWith('ERR_STREAM_'))
    return new LandingError('io', 'Whatever read standard output has gone away: nothing more can go there.');
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new LandingError(
      'no-space',
      'There is no space left where standard output goes. Free some and start afresh.',
    );
  return new LandingError('io', `Standard output cannot be written to (${errno}). Start afresh.`);
}

/** Runs `work`; a system error in it becomes a `LandingError` about `path`. */
export async function about<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw landingError(error, path);
  }
}

export function alreadyThere(path: string): LandingError {
  return new LandingError(
    'exists',
    `"${printable(nameOf(path))}" is already there. Use --overwrite to replace it or --rename to keep both.`,
  );
}

export function inTheWay(path: string, what: string): LandingError {
  return new LandingError(
    'not-a-directory',
    `"${printable(nameOf(path))}" is ${what}, which is never followed or replaced. Move it away, or choose another place.`,
  );
}

/** For `catch`: swallows these system errors. */
export function unless(...expected: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!expected.includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  };
}
