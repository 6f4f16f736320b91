import { loadSenders } from '../../../ops/senders.js';
import { printable } from '../wording.js';
import type { Finding } from './finding.js';

/** Whether the file of senders can be used. Of what is in it only the number is shown. */
export async function inspectSenders(path: string | undefined): Promise<readonly Finding[]> {
  if (path === undefined) return [];
  const about = 'senders';
  try {
    const count = [...(await loadSenders(path)).names].length;
    const who = count === 1 ? 'one sender' : `${count} senders`;
    return [{ level: 'ok', about, text: `${printable(path)} names ${who}.` }];
  } catch (error) {
    const text = printable(error instanceof Error ? error.message : String(error));
    return [{ level: 'fail', about, text: `${text.charAt(0).toUpperCase()}${text.slice(1)}` }];
  }
}
