import { readFile, realpath, stat } from 'node:fs/promises';
import { errnoOf } from '../../files/errors.js';
import { draftOf, replaceFile } from '../../files/replace-file.js';
import { formatSender, parseSenders, SendersFileError } from './senders-file.js';

/**
 * Adds a sender to a senders file, which need not be there yet. The file is replaced as a whole: whoever reads it finds the
 * old one or the new one. One that is there keeps the rights that it has; a new one is for its user alone.
 *
 * @throws {SendersFileError} where the file is broken, knows that name already, or is being changed by somebody else;
 *   what the file system throws
 */
export async function appendSender(path: string, name: string, token: string): Promise<void> {
  const target = (await unlessMissing(realpath(path))) ?? path;
  try {
    // Of two at once, neither may undo what the other has added: there is one draft at a time.
    await replaceFile(target, async (draft) => {
      const before = await unlessMissing(stat(target));
      const text = before === undefined ? '' : await readFile(target, 'utf8');
      await draft.writeFile(withSender(text, name, token));
      if (before === undefined) return;
      await draft.chmod(before.mode & 0o777);
      const { uid, gid } = await draft.stat();
      if (uid !== before.uid || gid !== before.gid) await draft.chown(before.uid, before.gid);
    });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw new SendersFileError(
      `somebody else is adding to it now. If not, delete ${draftOf(target)}, which was left behind`,
    );
  }
}

function withSender(text: string, name: string, token: string): string {
  const known = text.split('\n').findIndex((each) => each.trim().startsWith(`${name}:`));
  if (known >= 0) {
    throw new SendersFileError(`${name} is in line ${known + 1}. Delete it first; its token is void then`);
  }
  const added = `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${formatSender(name, token)}\n`;
  // Before it is written: a relay that reads it could not use it.
  parseSenders(added);
  return added;
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return await found.catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}
