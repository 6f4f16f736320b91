import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { unless } from './errors.js';
import { localName } from '../../transfer/names.js';

/** How a checked part of a path is called where it lands. */
export type NameHere = (part: string) => string;

/** Made and removed in a staging directory, to see whether its file system takes such a name. */
export const TRIED_NAME = 'names:?';
/** What FAT, exFAT, and NTFS with the rules of Windows, say to a name that they do not take. */
const REFUSED = ['EINVAL', 'EILSEQ', 'ENOENT'];

/** Looks what the file system of a staging directory takes: names that Windows forbids, or only those that it allows. */
export async function namesIn(staging: string): Promise<NameHere> {
  // There, what is behind the colon would be a stream of a file.
  if (process.platform === 'win32') return (part) => localName(part, process.platform);
  const at = join(staging, TRIED_NAME);
  const tried = await fs.open(at, 'w', 0o600).catch(unless(...REFUSED));
  if (tried === undefined) return (part) => localName(part, 'win32');
  await tried.close();
  await fs.rm(at, { force: true });
  return (part) => localName(part, process.platform);
}
