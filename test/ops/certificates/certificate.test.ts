import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CertificateKeeper } from '../../../src/ops/certificates/keeper.js';
import { CertificateError, loadCertificate } from '../../../src/ops/certificates/certificate.js';
import { eventually } from '../../helpers/eventually.js';
import { CERTIFICATE, RENEWED } from '../../helpers/tls.js';

const DAY_MS = 24 * 3_600_000;

interface Directory extends AsyncDisposable {
  readonly path: string;
  readonly files: { readonly cert: string; readonly key: string };
  put(certificate: { readonly cert?: string; readonly key?: string }): Promise<void>;
}

async function directory(certificate: { cert?: string; key?: string } = CERTIFICATE): Promise<Directory> {
  const path = await mkdtemp(join(tmpdir(), 'certificates-'));
  const files = { cert: join(path, 'cert.pem'), key: join(path, 'key.pem') };
  const put: Directory['put'] = async ({ cert, key }) => {
    if (cert !== undefined) await writeFile(files.cert, cert);
    if (key !== undefined) await writeFile(files.key, key);
  };
  await put(certificate);
  return { path, files, put, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe('a certificate and its key', () => {
  it('are read as they are, with the end of the first', async () => {
    const chain = `${CERTIFICATE.cert}${RENEWED.cert}`;
    await using at = await directory({ cert: chain, key: CERTIFICATE.key });
    const loaded = await loadCertificate(at.files);
    expect(loaded).toMatchObject({ cert: chain, key: CERTIFICATE.key });
    expect(new Date(loaded.expiresAt).getUTCFullYear()).toBe(2126);
  });

  const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });
  const damaged = CERTIFICATE.cert.replace(/(BEGIN CERTIFICATE-----\n).{40}/, '$1');
  it.each([
    ['no files', {}, 'there is no such file'],
    ['no key', { cert: CERTIFICATE.cert }, 'there is no such file'],
    ['another key', { ...CERTIFICATE, key: RENEWED.key }, 'it belongs to another'],
    [
      'a chain in the wrong order',
      { cert: RENEWED.cert + CERTIFICATE.cert, key: CERTIFICATE.key },
      'the certificate that it belongs to is not the first in its file',
    ],
    [
      'the two mixed up',
      { cert: CERTIFICATE.key, key: CERTIFICATE.cert },
      'there is no certificate in PEM in it',
    ],
    ['no key in the file', { ...CERTIFICATE, key: 'x' }, 'there is no private key in PEM in it'],
    [
      'a key with a passphrase',
      { ...CERTIFICATE, key: String(encrypted) },
      'it has a passphrase, which nobody could type here',
    ],
    ['a damaged certificate', { ...CERTIFICATE, cert: damaged }, 'number 1 in it is damaged'],
    ['a damaged key', { ...CERTIFICATE, key: CERTIFICATE.key.replace(/MIG.{20}/, 'MIG') }, 'it is damaged'],
  ])('that cannot be used are told in one line: %s', async (_name, files, why) => {
    await using at = await directory(files);
    const error: unknown = await loadCertificate(at.files).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CertificateError);
    const { message } = error as CertificateError;
    expect(message).toContain(`cannot be used: ${why}.`);
    expect(message).not.toMatch(/\n|routines|BEGIN/);
  });
});

/** A keeper that looks after the directory, and what it did. */
async function keeping(at: Directory, { now }: { now?: () => number } = {}) {
  const used: string[] = [];
  const lines: string[] = [];
  const log = (fields: object, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const keeper = await CertificateKeeper.load(at.files);
  keeper.start({
    use: ({ cert }) => used.push(String(cert)),
    logger: { info: log, warn: log, error: log },
    settleMs: 20,
    pollMs: 20,
    ...(now && { now }),
  });
  return { keeper, used, lines, [Symbol.dispose]: () => keeper.close() };
}

const untilUsed = (used: readonly string[]): Promise<void> =>
  eventually(() => expect(used).toEqual([RENEWED.cert]));

describe('a renewed certificate', () => {
  it('is used when its files were written', async () => {
    await using at = await directory();
    using kept = await keeping(at);
    await at.put(RENEWED);
    await untilUsed(kept.used);
    expect(kept.keeper.current.cert).toBe(RENEWED.cert);
    expect(kept.lines.at(-1)).toBe(
      'certificate renewed {"expires":"' + new Date(kept.keeper.current.expiresAt).toISOString() + '"}',
    );
  });

  it('is used when a symbolic link leads elsewhere, as certbot and Kubernetes do it', async () => {
    await using old = await directory();
    await using renewed = await directory(RENEWED);
    await using at = await directory({});
    const data = join(at.path, '..data');
    await symlink(old.path, data);
    await symlink(join('..data', 'cert.pem'), at.files.cert);
    await symlink(join('..data', 'key.pem'), at.files.key);
    using kept = await keeping(at);
    await symlink(renewed.path, `${data}_tmp`);
    await rename(`${data}_tmp`, data);
    await untilUsed(kept.used);
  });

  it('that cannot be used leaves the old one, with one line', async () => {
    await using at = await directory();
    using kept = await keeping(at);
    await at.put({ cert: RENEWED.cert });
    await eventually(() => expect(kept.lines).toHaveLength(1));
    await expect(kept.keeper.reload()).rejects.toThrow('it belongs to another');
    expect(kept.keeper.current.cert).toBe(CERTIFICATE.cert);
    await at.put({ key: RENEWED.key });
    await untilUsed(kept.used);
    expect(kept.lines.map((line) => line.split(' {')[0])).toEqual([
      'certificate not renewed',
      'certificate renewed',
    ]);
  });

  it('is used at once when asked for', async () => {
    await using at = await directory();
    using kept = await keeping(at);
    await at.put(RENEWED);
    await kept.keeper.reload();
    expect(kept.keeper.current.cert).toBe(RENEWED.cert);
  });
});

describe('a certificate that ends soon', () => {
  it('is warned of once a day, from two weeks before', async () => {
    await using at = await directory();
    const { expiresAt } = await loadCertificate(at.files);
    let now = expiresAt - 15 * DAY_MS;
    using kept = await keeping(at, { now: () => now });
    const days = (): unknown[] => kept.lines.map((line) => Number(/"daysLeft":(-?\d+)/.exec(line)?.[1]));
    expect(days()).toEqual([]);
    now = expiresAt - 13.5 * DAY_MS;
    await eventually(() => expect(days()).toEqual([13]));
    now += DAY_MS / 2;
    await kept.keeper.reload();
    now += DAY_MS / 2;
    await eventually(() => expect(days()).toEqual([13, 12]));
    now = expiresAt + DAY_MS;
    await eventually(() => expect(kept.lines.at(-1)).toContain('the certificate has expired'));
    expect(kept.lines).toHaveLength(3);
  });

  it('is warned of again where the one in its place ends soon too', async () => {
    await using at = await directory();
    const { expiresAt } = await loadCertificate(at.files);
    using kept = await keeping(at, { now: () => expiresAt - DAY_MS / 2 });
    await at.put(RENEWED);
    await untilUsed(kept.used);
    await eventually(() => expect(kept.lines).toHaveLength(3));
    const soon = expect.stringMatching(/^the certificate expires soon .*"daysLeft":0}$/) as string;
    expect(kept.lines).toEqual([soon, expect.stringMatching(/^certificate renewed /), soon]);
  });
});
