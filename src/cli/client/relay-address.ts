import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RelayAddress } from '../../client/api.js';
import { printable } from '../../transfer/names.js';
import { hostPort } from '../../client/unreachable.js';
import type { Kind } from '../flags/kinds.js';
import { type Flag, type Given, isGiven, UsageError, type ValueFlag, valueOf } from './flags.js';

/** Which relay, and how it is spoken to. */

const DEFAULT_PORT = 4000;

export interface RelaySettings {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain TCP. */
  readonly tls: { readonly caFile: string | undefined } | undefined;
}

/** As it is written; undefined where `--tls` alone decides. */
interface GivenRelay {
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

const RELAY: ValueFlag<GivenRelay> = {
  flag: '--relay',
  about: 'the relay (RELAY_ADDRESS, else localhost:4000)',
  kind: ADDRESS,
  variable: 'RELAY_ADDRESS',
  completes: [],
};
const TLS: Flag = { flag: '--tls', about: 'speak TLS with the relay, as with relays://host:port' };
const CA: ValueFlag<string> = {
  flag: '--ca',
  about: 'who may have signed its certificate, in PEM (RELAY_CA)',
  kind: {
    placeholder: '<file>',
    expected: 'a path',
    read: (text) => (text === '' || text.includes('\0') ? undefined : text),
  },
  variable: 'RELAY_CA',
  completes: 'paths',
};

export const RELAY_FLAGS: readonly Flag[] = [RELAY, TLS, CA];

/** @throws {UsageError} */
export function relaySettings(given: Given, env: NodeJS.ProcessEnv): RelaySettings {
  const { host, port, scheme } = valueOf(RELAY, given, env) ?? DEFAULT_RELAY;
  if (scheme === 'relay' && isGiven(TLS, given))
    throw new UsageError('--tls and relay:// exclude each other: write relays://, or leave --tls out.');
  const caFile = valueOf(CA, given, env);
  if (scheme === 'relays' || isGiven(TLS, given)) return { host, port, tls: { caFile } };
  // The variable may always be set.
  if (isGiven(CA, given))
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
