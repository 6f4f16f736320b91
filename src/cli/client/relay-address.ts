import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RelayAddress } from '../../client/api.js';
import { printable } from '../../transfer/names.js';
import { hostPort } from '../../client/unreachable.js';
import type { Flag } from '../flags/flag.js';
import type { Given } from '../flags/given.js';
import { FILE, type Kind, SWITCH } from '../flags/kinds.js';
import { UsageError } from '../flags/wording.js';

/** Which relay, and how it is spoken to. */

const DEFAULT_PORT = 4000;

export interface RelaySettings {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain TCP. */
  readonly tls: { readonly caFile: string | undefined } | undefined;
}

/** As it is written; undefined where `--tls` alone decides. */
export interface GivenRelay {
  readonly host: string;
  readonly port: number;
  readonly scheme: 'relay' | 'relays' | undefined;
}

const DEFAULT_RELAY: GivenRelay = { host: 'localhost', port: DEFAULT_PORT, scheme: undefined };

/** `host:port`, `[::1]:4000`, `relays://host`; without a port, 4000. */
const ADDRESS: Kind<GivenRelay> = {
  placeholder: '<host:port>',
  expected: 'an address such as relay.example.com:4000, relays://relay.example.com or [::1]:4000',
  read(text) {
    const [, scheme, inBrackets, plain, portText] =
      /^(?:(relays?):\/\/)?(?:\[([0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._~-]{1,32})?)\]|([A-Za-z0-9._-]{1,253}))(?::([0-9]{1,5}))?\/?$/.exec(
        text,
      ) ?? [];
    const host = inBrackets ?? plain;
    const port = portText === undefined ? DEFAULT_PORT : Number(portText);
    if (host === undefined || port < 1 || port > 65_535) return undefined;
    return { host, port, scheme: scheme === 'relay' || scheme === 'relays' ? scheme : undefined };
  },
};

export const RELAY_FLAGS = {
  relay: {
    flag: '--relay',
    kind: ADDRESS,
    about: 'the relay',
    docs: 'the relay; without a port, 4000. IPv6 in brackets: `[::1]:4000`, `[fe80::1%br-lan]:4000`',
    fallback: `${DEFAULT_RELAY.host}:${DEFAULT_PORT}`,
    variable: 'RELAY_ADDRESS',
  },
  tls: {
    flag: '--tls',
    kind: SWITCH,
    about: 'speak TLS with the relay, as with relays://host:port',
    docs: 'speak [TLS](#tls) with the relay',
  },
  ca: {
    flag: '--ca',
    kind: { ...FILE, expected: 'a path' },
    about: 'who may have signed its certificate, in PEM',
    variable: 'RELAY_CA',
  },
} satisfies Record<string, Flag>;

/** @throws {UsageError} */
export function relaySettings(given: Given<typeof RELAY_FLAGS>): RelaySettings {
  const { host, port, scheme } = given.value('relay') ?? DEFAULT_RELAY;
  const hasTls = given.value('tls') === true;
  if (scheme === 'relay' && hasTls)
    throw new UsageError('--tls and relay:// exclude each other: write relays://, or leave --tls out.');
  const caFile = given.value('ca');
  if (scheme === 'relays' || hasTls) return { host, port, tls: { caFile } };
  // The variable may always be set.
  if (given.of('ca')?.from === 'flag')
    throw new UsageError('--ca is for TLS: give --tls too, or write relays:// before the relay.');
  return { host, port, tls: undefined };
}

/** Reads the file with the authorities, if one is named. @throws {UsageError} where that is none */
export function relayAddress({ host, port, tls }: RelaySettings): RelayAddress {
  const ca = tls?.caFile === undefined ? undefined : readAuthorities(tls.caFile);
  return { host, port, tls: tls && { ca } };
}

/** What the other side gives for `--relay`; undefined where it needs to give nothing. */
export function formatRelay({ host, port, tls }: RelaySettings): string | undefined {
  if (host === DEFAULT_RELAY.host && port === DEFAULT_PORT && tls === undefined) return undefined;
  const address = hostPort(host, port);
  return tls === undefined ? address : `relays://${address}`;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readAuthorities(file: string): string[] {
  const fail = (problem: string): UsageError =>
    new UsageError(`the CA file "${printable(file)}" (--ca or RELAY_CA) ${problem}.`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fail(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    for (const each of certificates) new X509Certificate(each);
  } catch {
    throw fail('has a certificate that is damaged');
  }
  if (certificates.length === 0) throw fail('has no certificate in PEM form');
  return certificates;
}
