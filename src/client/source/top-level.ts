import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Entry } from '../../transfer/entry.js';
import { describe } from './describe.js';
import { quoted, SourceError } from '../../transfer/source.js';
import { unreadable } from './errors.js';

export interface TopLevel {
  readonly entry: Entry;
  /** Without links. */
  readonly absolutePath: string;
}

/**
 * What a person named: each under its own name, `.`, `..` and `dir/` under the name of the directory that they mean.
 * A link is followed, under the link's name, because it was named itself.
 * @throws SourceError where one is missing, unreadable, neither file nor directory, or two have the same name.
 */
export async function topLevels(paths: readonly string[]): Promise<TopLevel[]> {
  const found: TopLevel[] = [];
  const pathOfName = new Map<string, string>();
  for (const path of paths) {
    const each = await lookAt(path);
    const name = each.entry.path;
    const other = pathOfName.get(name);
    if (other !== undefined) {
      throw new SourceError(
        `${quoted(other)} and ${quoted(path)} would both arrive as ${quoted(name)}. ` +
          'Rename one, or send them one after the other.',
      );
    }
    pathOfName.set(name, path);
    found.push(each);
  }
  return found;
}

async function lookAt(path: string): Promise<TopLevel> {
  try {
    const absolutePath = await realpath(path);
    const name = nameOf(path, absolutePath);
    if (name === '') {
      throw new SourceError(`${quoted(path)} has no name to arrive under. Name what is in it instead.`);
    }
    const entry = describe(name, await stat(absolutePath));
    if (entry !== undefined) return { entry, absolutePath };
  } catch (error) {
    throw error instanceof SourceError ? error : unreadable(path, error);
  }
  throw new SourceError(
    `${quoted(path)} is neither a file nor a directory. To send what a program writes, pipe it in and give - as the path.`,
  );
}

/** `basename` alone takes `.` and `..` for names, and of `link/..` only the system knows what it is. */
function nameOf(path: string, absolutePath: string): string {
  const name = basename(path);
  return name === '' || name === '.' || name === '..' ? basename(absolutePath) : name;
}
