import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file as a whole, or makes it: whoever reads it finds the old one or the new one, also after a crash.
 *
 * The new one is made beside it, under the name of `draftOf`, for this user alone. Only one can be made at a time: so it is also a
 * lock, for those who read the old one in `write`. A crash leaves it there.
 *
 * @throws EEXIST where a draft is there; what the system and `write` throw, and then the old file stays
 */
export async function replaceFile(path: string, write: (draft: FileHandle) => Promise<void>): Promise<void> {
  const draft = draftOf(path);
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export function draftOf(path: string): string {
  return `${path}.new`;
}
