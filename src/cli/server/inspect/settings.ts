import { stat } from 'node:fs/promises';
import { openFilesLimit } from '../../../relay/open-files.js';
import { resolveSettings } from '../../../relay/options.js';
import type { Resolved } from '../run-settings.js';
import { unknownVariables } from '../variables.js';
import { printable } from '../wording.js';
import { inspectConfigMode } from './config.js';
import type { Finding } from './finding.js';
import { inspectOpenFiles } from './open-files.js';
import { inspectSenders } from './senders.js';

/** Looks at the settings and all that they name, without starting anything. */
export async function inspectSettings(
  { values, problems }: Resolved,
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  return [
    ...problems.map((text): Finding => ({ level: 'fail', about: 'settings', text })),
    ...inspectVariables(env),
    ...(await inspectConfig(values.config)),
    ...(await inspectSenders(values.sendersFile)),
    inspectOpenFiles(values.maxConnections ?? resolveSettings().maxConnections, openFilesLimit()),
  ];
}

function inspectVariables(env: NodeJS.ProcessEnv): readonly Finding[] {
  return unknownVariables(env).map(({ variable, didYouMean }) => {
    const hint = didYouMean === undefined ? '' : ` Did you mean ${didYouMean}?`;
    return { level: 'warn', about: 'variables', text: `${printable(variable)} changes nothing.${hint}` };
  });
}

/** That it cannot be read is told with the settings. */
async function inspectConfig(path: string | undefined): Promise<readonly Finding[]> {
  if (path === undefined) return [];
  const { mode } = await stat(path).catch(() => ({ mode: undefined }));
  return mode === undefined ? [] : [inspectConfigMode(printable(path), mode)];
}
