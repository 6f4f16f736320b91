import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  formatRelay,
  RELAY_FLAGS,
  relayAddress,
  relaySettings,
} from '../../../src/cli/client/relay-address.js';
import { givenOf } from '../../../src/cli/flags/given.js';
import { DISCREET } from '../../../src/cli/flags/wording.js';
import { createAuthority } from '../../helpers/certificates.js';
import { scratch } from '../../helpers/transfer.js';

const relay = { host: 'r', port: 1 };

const given = (text: string) =>
  givenOf({ flags: RELAY_FLAGS, wording: DISCREET }, { typed: { relay: text }, env: {} });

describe('relayAddress', () => {
  it('is plain, or trusts whom the system trusts, where no file is named', () => {
    expect(relayAddress({ ...relay, tls: undefined })).toEqual({ ...relay, tls: undefined });
    expect(relayAddress({ ...relay, tls: { caFile: undefined } })).toEqual({ ...relay, tls: {} });
  });

  it('reads every certificate of the file, whatever stands between them', async () => {
    await using at = await scratch();
    const [one, two] = [createAuthority(), createAuthority()];
    const caFile = join(at.path, 'ca.pem');
    await writeFile(caFile, `ours:\n${one.cert}\nand theirs:\r\n${two.cert.replaceAll('\n', '\r\n')}`);
    const { ca = [] } = relayAddress({ ...relay, tls: { caFile } }).tls ?? {};
    expect(ca.map((each) => each.replaceAll('\r', '').trim())).toEqual([one.cert.trim(), two.cert.trim()]);
  });

  it.each([
    ['is not there', undefined, 'cannot be read: ENOENT'],
    ['holds something else', 'hello', 'has no certificate in PEM form'],
    ['holds a key', createAuthority().key, 'has no certificate in PEM form'],
    ['is damaged', createAuthority().cert.replace(/\nM/, '\nN'), 'has a certificate that is damaged'],
  ])('says in a sentence that the file %s', async (_name, text, problem) => {
    await using at = await scratch();
    const caFile = join(at.path, 'ca\x1b.pem');
    if (text !== undefined) await writeFile(caFile, text);
    let said = '';
    try {
      relayAddress({ ...relay, tls: { caFile } });
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(`(--ca or RELAY_CA) ${problem}.`);
    expect(said).not.toContain('\x1b');
  });
});

it.each([
  [{ host: 'localhost', port: 4000, tls: undefined }, undefined],
  [{ host: 'localhost', port: 4000, tls: { caFile: 'x' } }, 'relays://localhost:4000'],
  [{ host: '::1', port: 4000, tls: undefined }, '[::1]:4000'],
  [{ host: 'r', port: 9, tls: { caFile: undefined } }, 'relays://r:9'],
])('formatRelay(%j) is %s', (settings, text) => {
  expect(formatRelay(settings)).toBe(text);
});

it.each([
  ['[fe80::1%br-lan]:4000', 'fe80::1%br-lan', 4000],
  ['[fe80::1%eth0.100]', 'fe80::1%eth0.100', 4000],
  ['relays://[fe80::1%wg_0]:9', 'fe80::1%wg_0', 9],
  ['[::ffff:192.0.2.1]:9', '::ffff:192.0.2.1', 9],
])('%s is an address, and is written so again', (text, host, port) => {
  const settings = relaySettings(given(text));
  expect(settings).toMatchObject({ host, port });
  expect(formatRelay(settings)).toContain(`[${host}]:${port}`);
});

it.each(['[fe80::1%]:4000', '[fe80::1%a/b]:4000', '[br-lan]:4000', '[%eth0]:4000', '[fe80::1%a b]'])(
  '%s is no address',
  (text) => {
    expect(() => relaySettings(given(text))).toThrow(/^--relay: that is not an address/);
  },
);
