import type { Finding } from './finding.js';

/**
 * Whether others may change the file of settings.
 * @param mode as `fs.stat` gives it
 */
export function inspectConfigMode(path: string, mode: number): Finding {
  const about = 'config';
  if ((mode & 0o002) === 0) return { level: 'ok', about, text: `${path} is not for everybody to write.` };
  return { level: 'warn', about, text: `everybody on this machine may write ${path}. Run chmod o-w on it.` };
}
