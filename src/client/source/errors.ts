import { isOutOfFiles } from '../landing/patience.js';
import { printable } from '../../transfer/printable.js';
import { quoted, SourceChanged, SourceError } from '../../transfer/source.js';

const MAX_MESSAGE_COLUMNS = 400;

/** The sentence for an error of the file system. */
export function unreadable(path: string, cause: unknown): SourceError {
  return new SourceError(`${quoted(path)} ${whyUnreadable(cause, path)}`, {
    cause,
    isGeneral: isOutOfFiles(cause),
  });
}

/** Why it cannot be read: the end of a sentence that begins with its name. */
export function whyUnreadable(cause: unknown, path = ''): string {
  const { code, message }: NodeJS.ErrnoException = cause instanceof Error ? cause : new Error(String(cause));
  return reason(code, message, path);
}

/** The same for a file that was there when it was offered, and cannot be opened now. */
export function unopened(absolutePath: string, cause: unknown): SourceError {
  const { code } = cause as NodeJS.ErrnoException;
  // ELOOP: a link in its place. ENXIO: a socket.
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SourceChanged(absolutePath, 'gone');
  const isReplaced = code === 'ELOOP' || code === 'ENXIO';
  return isReplaced ? new SourceChanged(absolutePath) : unreadable(absolutePath, cause);
}

function reason(code: string | undefined, message: string, path: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      // On a command line, what is no UTF-8 is read as U+FFFD, and under that name there is nothing.
      return path.includes('\uFFFD')
        ? 'has a name that is not UTF-8 text. Rename it, then send again.'
        : 'does not exist. Check the path.';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied. Change its permissions, or leave it out.';
    case 'ELOOP':
      return 'cannot be read: its links lead in a circle.';
    case 'ENAMETOOLONG':
      return 'cannot be read: the path is too long.';
    case 'EMFILE':
    case 'ENFILE':
      return 'cannot be read: too many files are open. Raise the limit (ulimit -n).';
    case 'EIO':
      return 'cannot be read: the disk reports an error.';
    default:
      return `cannot be read: ${printable(message, MAX_MESSAGE_COLUMNS)}.`;
  }
}
