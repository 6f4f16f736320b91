import { stat } from 'node:fs/promises';
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

/** Undefined where that cannot be told. */
export async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode;
}
