import { X509Certificate } from 'node:crypto';
import { WARN_DAYS } from '../../../ops/certificates/keeper.js';
import {
  type CertificateFiles,
  type LoadedCertificate,
  loadCertificate,
} from '../../../ops/certificates/certificate.js';
import { printable } from '../../text/escape.js';
import { modeOf } from './files.js';
import type { Finding } from './finding.js';

const DAY_MS = 24 * 3_600_000;

/** The certificate and its key, as the relay loads them: whether they fit together, how long it is good, who may read. */
export async function inspectCertificate(files: CertificateFiles, now: number): Promise<readonly Finding[]> {
  try {
    const loaded = await loadCertificate(files);
    return [inspectDates(loaded, now), inspectKeyMode(files.key, (await modeOf(files.key)) ?? 0)];
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return [{ level: 'fail', about: 'certificate', text: printable(problem) }];
  }
}

function inspectDates({ cert, expiresAt }: LoadedCertificate, now: number): Finding {
  const about = 'certificate';
  const end = dayOf(expiresAt);
  const beginsAt = new Date(new X509Certificate(cert).validFrom).getTime();
  if (expiresAt <= now) return { level: 'fail', about, text: `it ended on ${end}. Renew it.` };
  if (beginsAt > now)
    return {
      level: 'fail',
      about,
      text: `it begins on ${dayOf(beginsAt)}. Is the clock of this machine right?`,
    };
  const days = Math.floor((expiresAt - now) / DAY_MS);
  if (days < WARN_DAYS)
    return { level: 'warn', about, text: `it ends on ${end}, ${days} days from now. Renew it.` };
  return { level: 'ok', about, text: `it is good until ${end}, and the key belongs to it.` };
}

function inspectKeyMode(path: string, mode: number): Finding {
  const about = 'key';
  const name = printable(path);
  if ((mode & 0o004) === 0) return { level: 'ok', about, text: `${name} is not for everybody to read.` };
  return { level: 'warn', about, text: `everybody on this machine may read ${name}. Run chmod o-r on it.` };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
