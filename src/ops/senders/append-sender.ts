import { chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { formatSender, parseSenders, SendersFileError } from './senders-file.js';

/** Only the relay and its operator need it. A file that is there keeps the rights that it has. */
const MODE = 0o600;

/**
 * Adds a sender to a senders file, which need not be there yet. The file is replaced as a whole: whoever reads it finds the
 * old one or the new one.
 *
 * @throws {SendersFileError} where the file is broken, knows that name already, or is being changed by somebody else;
 *   what the file system throws
 */
export async function appendSender(path: string, name: string, token: string): Promise<void> {
  const target = await realpath(path).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return path;
    throw error;
  });
  const draft = `${target}.new`;
  // Also a lock: of two at once, neither may undo what the other has added.
  const file = await open(draft, 'wx', MODE).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
    throw new SendersFileError(
      `somebody else is adding to it now. If not, delete ${draft}, which was left behind`,
    );
  });
  try {
    const before = await stat(target).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    const text = before === undefined ? '' : await readFile(target, 'utf8');
    const known = text.split('\n').findIndex((each) => each.trim().startsWith(`${name}:`));
    if (known >= 0) {
      throw new SendersFileError(`${name} is in line ${known + 1}. Delete it first; its token is void then`);
    }
    const added = `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${formatSender(name, token)}\n`;
    // Before it is written: a relay that reads it could not use it.
    parseSenders(added);
    await file.writeFile(added);
    if (before !== undefined) {
      await file.chmod(before.mode & 0o777);
      const { uid, gid } = await file.stat();
      if (uid !== before.uid || gid !== before.gid) await chown(draft, before.uid, before.gid);
    }
    await file.sync();
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
