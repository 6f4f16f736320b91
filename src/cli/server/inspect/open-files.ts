import { RESERVED_FILES } from '../../../relay/open-files.js';
import type { Finding } from './finding.js';

/**
 * Whether the connections that are allowed fit into the open files that are.
 * @param openFiles the limit of this process: that of the service may be another
 */
export function inspectOpenFiles(maxConnections: number, openFiles: number): Finding {
  const about = 'open files';
  const sum = `${openFiles} here, for ${maxConnections} connections`;
  if (maxConnections + RESERVED_FILES > openFiles)
    return {
      level: 'warn',
      about,
      text: `${sum}. Raise the limit (LimitNOFILE= in the unit, ulimit -n in a shell), or lower --max-connections.`,
    };
  return { level: 'ok', about, text: `${sum}.` };
}
