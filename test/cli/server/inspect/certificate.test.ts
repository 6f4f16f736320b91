import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectCertificate } from '../../../../src/cli/server/inspect/certificate.js';
import { createAuthority, type Issued } from '../../../helpers/certificates.js';

const DAY_MS = 86_400_000;
const FROM = new Date('2026-11-01T00:00:00Z');
const UNTIL = new Date('2027-01-30T00:00:00Z');

const authority = createAuthority();
const issued = authority.issue(['relay.test'], { from: FROM, until: UNTIL });

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-certificate-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function inspect({ cert, key }: Issued, now: number, mode = 0o600) {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  await chmod(files.key, mode);
  return await inspectCertificate(files, now);
}

describe('inspectCertificate', () => {
  it.each([
    [FROM.getTime() - 1, 'fail', 'it begins on 2026-11-01. Is the clock of this machine right?'],
    [FROM.getTime(), 'ok', 'it is good until 2027-01-30, and the key belongs to it.'],
    [UNTIL.getTime() - 14 * DAY_MS, 'ok', 'it is good until 2027-01-30, and the key belongs to it.'],
    [UNTIL.getTime() - 14 * DAY_MS + 1, 'warn', 'it ends on 2027-01-30, 13 days from now. Renew it.'],
    [UNTIL.getTime(), 'fail', 'it ended on 2027-01-30. Renew it.'],
  ])('looks at its dates: at %d, %s', async (now, level, text) => {
    const [dates] = await inspect(issued, now);
    expect(dates).toEqual({ level, about: 'certificate', text });
  });

  it.each([
    [0o600, 'ok'],
    [0o640, 'ok'],
    [0o644, 'warn'],
  ])('looks at who may read its key: %o', async (mode, level) => {
    const [, key] = await inspect(issued, FROM.getTime(), mode);
    expect(key).toMatchObject({ level, about: 'key' });
  });

  it('fails where the key is that of another, and shows nothing of it', async () => {
    const other = authority.issue(['relay.test']);
    const findings = await inspect({ cert: issued.cert, key: other.key }, FROM.getTime());
    expect(findings).toEqual([
      {
        level: 'fail',
        about: 'certificate',
        text: `the key of the certificate "${directory}/key.pem" cannot be used: it belongs to another.`,
      },
    ]);
  });

  it('fails where there is no such file', async () => {
    const files = { cert: join(directory, 'no'), key: join(directory, 'none') };
    expect(await inspectCertificate(files, 0)).toMatchObject([{ level: 'fail', about: 'certificate' }]);
  });
});
