import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { loadSenders } from '../../../ops/senders/known-senders.js';
import { printable } from '../../text/escape.js';
import type { Finding } from './finding.js';

/** The file of settings. That it cannot be read is told with the settings. */
export async function inspectConfig(path: string): Promise<Finding | undefined> {
  const about = 'config';
  const mode = await modeOf(path);
  if (mode === undefined) return undefined;
  return (
    writable(about, path, mode) ?? {
      level: 'ok',
      about,
      text: `${printable(path)} is not for everybody to write.`,
    }
  );
}

/** The senders file, as the relay loads it. */
export async function inspectSenders(path: string): Promise<Finding> {
  const about = 'senders';
  try {
    const { names } = await loadSenders(path);
    const count = [...names].length;
    const mode = await modeOf(path);
    const finding = mode === undefined ? undefined : writable(about, path, mode);
    return finding ?? { level: 'ok', about, text: `${printable(path)} names ${count}.` };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { level: 'fail', about, text: printable(problem) };
  }
}

function writable(about: string, path: string, mode: number): Finding | undefined {
  if ((mode & 0o002) === 0) return undefined;
  return {
    level: 'warn',
    about,
    text: `everybody on this machine may write ${printable(path)}. Run chmod o-w on it.`,
  };
}

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

/** Undefined where that cannot be told. */
export async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode;
}
