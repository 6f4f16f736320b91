import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { printable } from '../../text/escape.js';
import type { Finding } from './finding.js';

/**
 * Whether whoever runs this may make files in a directory.
 * @param isMade the relay makes it where there is none
 */
export async function inspectDirectory(about: string, path: string, isMade: boolean): Promise<Finding> {
  const name = printable(path);
  try {
    if (!(await stat(path)).isDirectory()) return { level: 'fail', about, text: `${name} is no directory.` };
    await access(path, constants.W_OK | constants.X_OK);
    return { level: 'ok', about, text: `${name} can be written to.` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return isMade
        ? { level: 'ok', about, text: `${name} is made at the start.` }
        : { level: 'fail', about, text: `there is no directory ${name}. Make it.` };
    return { level: 'fail', about, text: `no permission to write in ${name}.` };
  }
}
