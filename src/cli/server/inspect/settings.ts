import { dirname } from 'node:path';
import { openFilesLimit } from '../../../relay/open-files.js';
import { resolveSettings } from '../../../relay/options.js';
import type { Values } from '../flags.js';
import { type Resolved, unknownVariables } from '../settings.js';
import { controlPath } from '../directories.js';
import { printable } from '../../text/escape.js';
import { inspectCertificate } from './certificate.js';
import { inspectConfig, inspectDirectory, inspectSenders } from './files.js';
import type { Finding } from './finding.js';
import { inspectOpenFiles } from './machine.js';
import { inspectSocketUnit, type SocketUnit } from './socket-unit.js';

/**
 * Looks at the settings and all that they name, without starting anything.
 * @param unit what opens the port in the relay's place, if anything does
 */
export async function inspectSettings(
  { values, problems }: Resolved,
  env: NodeJS.ProcessEnv,
  unit?: SocketUnit,
): Promise<readonly Finding[]> {
  const control = controlPath(values.control, env);
  const {
    tlsCert: cert,
    tlsKey: key,
    config,
    sendersFile,
    maxConnections = resolveSettings().maxConnections,
  } = values;
  const findings = [
    ...problems.map((text): Finding => ({ level: 'fail', about: 'settings', text })),
    ...inspectVariables(env),
    ...inspectIdle(values),
    config === undefined ? undefined : await inspectConfig(config),
    ...(cert === undefined || key === undefined ? [] : await inspectCertificate({ cert, key }, Date.now())),
    sendersFile === undefined ? undefined : await inspectSenders(sendersFile),
    values.stateDir === undefined ? undefined : await inspectDirectory('state-dir', values.stateDir, true),
    control === undefined ? undefined : await inspectDirectory('control', dirname(control), false),
    unit === undefined ? undefined : inspectSocketUnit(unit, values),
    inspectOpenFiles(maxConnections, openFilesLimit()),
  ];
  return findings.filter((finding) => finding !== undefined);
}

/** What is taken, and changes nothing without another. */
function inspectIdle({ adminHost, adminPort, stateDir, dailyQuotaBytes = 0 }: Values): readonly Finding[] {
  const idle = [
    adminHost !== undefined &&
      adminPort === undefined &&
      '--admin-host changes nothing without --admin-port.',
    stateDir !== undefined && dailyQuotaBytes === 0 && '--state-dir changes nothing without --daily-quota.',
  ];
  return idle
    .filter((text) => text !== false)
    .map((text): Finding => ({ level: 'warn', about: 'settings', text }));
}

function inspectVariables(env: NodeJS.ProcessEnv): readonly Finding[] {
  return unknownVariables(env).map(({ variable, didYouMean }) => {
    const hint = didYouMean === undefined ? '' : ` Did you mean ${didYouMean}?`;
    return { level: 'warn', about: 'variables', text: `${printable(variable)} changes nothing.${hint}` };
  });
}
