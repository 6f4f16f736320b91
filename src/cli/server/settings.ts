import type { CertificateFiles } from '../../ops/certificates/certificate.js';
import type { LogFormat, LogLevel } from '../../ops/log/kinds.js';
import type { DialectName } from '../../relay/dialects/table.js';
import type { RelayOptions } from '../../relay/options.js';
import { flagLike, type Typed } from '../flags/command-line.js';
import { type ConfigFile, readConfigFile } from '../flags/config-file.js';
import { givenOf, type Read, readAll } from '../flags/given.js';
import { REPEATING } from '../flags/wording.js';
import { FLAGS, NUMBER_NAMES, type Values } from './flags.js';

export interface RunSettings {
  readonly kind: 'run';
  /** What was given only: the relay knows its defaults. */
  readonly relay: RelayOptions;
  /** Undefined where the relay takes no TLS. */
  readonly tls: (CertificateFiles & { readonly only: boolean }) | undefined;
  /** Undefined: what the relay speaks unless something is said. */
  readonly speak: readonly DialectName[] | undefined;
  /** IP addresses and networks. */
  readonly proxyProtocol: readonly string[] | undefined;
  /** Undefined where everybody may send. */
  readonly sendersFile: string | undefined;
  /** Where what outlives a restart is kept; undefined: where the service manager says, or nowhere. */
  readonly stateDir: string | undefined;
  /** Undefined where the admin server is off. */
  readonly admin: { readonly port: number; readonly host: string } | undefined;
  /** Where `ctl` commands it; undefined where nothing was said. */
  readonly control: string | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

export interface Resolved extends Read<typeof FLAGS> {
  /** Undefined where there are problems. */
  readonly settings: RunSettings | undefined;
}

const TABLE = { flags: FLAGS, wording: REPEATING };

/**
 * What a command line, an environment and the file that --config names come to.
 * @param readFile throws what `readFileSync` throws
 */
export function resolveGiven(
  typed: Typed,
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => Uint8Array,
): Resolved {
  const { text } = givenOf(TABLE, { typed, env }).of('config') ?? {};
  const path = text === undefined ? undefined : FLAGS.config.kind.read(text);
  const file = path === undefined ? undefined : readRelayFile(path, readFile);
  const sources = file === undefined ? { typed, env } : { typed, env, file: file.given };
  const read = readAll(FLAGS, givenOf(TABLE, sources));
  const problems = [...(file?.problems ?? []), ...read.problems, ...lacking(read)];
  return { ...read, problems, settings: problems.length > 0 ? undefined : settingsFrom(read.values) };
}

/** A file of the relay's settings. @param readFile throws what `readFileSync` throws */
export function readRelayFile(path: string, readFile: (path: string) => Uint8Array): ConfigFile {
  return readConfigFile({ flags: FLAGS, program: 'relay-server', namedBy: '--config' }, path, readFile);
}

/** What flags ask of each other and is not there: a sentence for each. */
function lacking({ given, values }: Read<typeof FLAGS>): readonly string[] {
  const [cert, key] = [given.has('tlsCert'), given.has('tlsKey')];
  if (cert && !key) return ['--tls-cert needs its private key: give --tls-key too.'];
  if (key && !cert) return ['--tls-key needs its certificate: give --tls-cert too.'];
  if (cert || values.tlsOnly !== true) return [];
  return ['--tls-only needs a certificate: give --tls-cert and --tls-key too.'];
}

function settingsFrom(values: Values): RunSettings {
  const relay: { -readonly [Name in keyof RelayOptions]: RelayOptions[Name] } = {};
  for (const name of [...NUMBER_NAMES, 'host'] as const) {
    if (values[name] !== undefined) Object.assign(relay, { [name]: values[name] });
  }
  const { adminPort, adminHost = FLAGS.adminHost.fallback, logLevel = 'info', logFormat = 'auto' } = values;
  return {
    kind: 'run',
    relay,
    tls: tlsFrom(values),
    speak: values.speak,
    proxyProtocol: values.proxyProtocol,
    sendersFile: values.sendersFile,
    stateDir: values.stateDir,
    admin: adminPort === undefined ? undefined : { port: adminPort, host: adminHost },
    control: values.control,
    log: { level: logLevel, format: logFormat },
  };
}

function tlsFrom({ tlsCert: cert, tlsKey: key, tlsOnly: only = false }: Values): RunSettings['tls'] {
  return cert === undefined || key === undefined ? undefined : { cert, key, only };
}

/** Variables that `relay-send` and `relay-receive` read. */
const OF_THE_TOOLS = ['RELAY_ADDRESS', 'RELAY_CA', 'RELAY_CODE', 'RELAY_TOKEN'];

export interface UnknownVariable {
  readonly variable: string;
  readonly didYouMean: string | undefined;
}

/** Variables that look like settings, and are none: typing errors, mostly. */
export function unknownVariables(env: NodeJS.ProcessEnv): readonly UnknownVariable[] {
  const known = new Set([...OF_THE_TOOLS, ...Object.values(FLAGS).map(({ variable }) => variable)]);
  return Object.keys(env)
    .filter((variable) => variable.startsWith('RELAY_') && !known.has(variable))
    .map((variable) => {
      const name = `--${variable.slice('RELAY_'.length).toLowerCase().replaceAll('_', '-')}`;
      return { variable, didYouMean: flagLike(name, FLAGS)?.variable };
    });
}
