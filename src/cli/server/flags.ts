import { LOG_FORMATS, LOG_LEVELS } from '../../ops/log-kinds.js';
import { DEFAULTS, RANGES } from '../../relay/options.js';
import {
  ADDRESS,
  DIRECTORY,
  duration,
  FILE,
  formatDuration,
  formatSize,
  type Kind,
  NETWORKS,
  oneOf,
  PATH,
  size,
  SWITCH,
  wholeNumber,
} from '../flags/kinds.js';
import type { Flag } from '../flags/flag.js';

/**
 * Every setting of `relay-server`. A new one is a line here, in NUMBERS where it is a number of the relay and else in
 * OTHERS, and its field in run-settings.ts; --help, its variable and its messages follow. How values are written is in
 * ../values.ts: a new way is a `Kind` there.
 */

type NumberName = keyof typeof RANGES;

const LISTENING = 'Listening:';
const ROOMS = 'Rooms:';
const LIMITS = 'Limits:';
const COSTS = 'Limits of costs:';
const OPERATION = 'Operation:';

/**
 * Every number of the relay. Its range and default stand with the relay; names that end in `Ms` are durations, and those with
 * `Bytes` sizes.
 */
const NUMBERS: Readonly<Record<NumberName, readonly [flag: string, group: string, about: string]>> = {
  port: ['-p, --port', LISTENING, 'TCP port; 0 takes any free one'],
  handshakeTimeoutMs: ['--handshake-timeout', ROOMS, 'time for a client to send its line'],
  abandonAfterMs: ['--abandon-after', ROOMS, 'time for a room to be completed'],
  retryWindowMs: ['--retry-window', ROOMS, 'time that an ended room with retry is held'],
  idleTimeoutMs: ['--idle-timeout', ROOMS, 'time that a pairing may go without a byte'],
  stallTimeoutMs: ['--stall-timeout', ROOMS, 'time one receiver of several may take nothing'],
  cleanupIntervalMs: ['--cleanup-interval', ROOMS, 'how often expired rooms are removed'],
  rateLimitIp: ['--rate-limit-ip', LIMITS, 'connections a minute from one source; 0 is off'],
  rateLimitCode: ['--rate-limit-code', LIMITS, 'those to one code; 0 is off'],
  lockoutAttempts: ['--lockout-attempts', LIMITS, 'failed attempts that block a code; 0 is off'],
  lockoutSourceAttempts: ['--lockout-source-attempts', LIMITS, 'those that block a source; 0 is off'],
  lockoutWindowMs: ['--lockout-window', LIMITS, 'time in which failed attempts count'],
  lockoutDurationMs: ['--lockout-duration', LIMITS, 'how long a block lasts'],
  maxConnections: ['--max-connections', LIMITS, 'connections open at once'],
  maxConnectionsPerIp: ['--max-connections-per-ip', LIMITS, 'those of one source; 0 is off'],
  bufferMemoryMiB: ['--buffer-memory', LIMITS, 'MiB for large read buffers, in all; 0 is off'],
  maxBytesPerSecond: ['--max-rate', COSTS, 'bytes a second passed on, in all; 0B is off'],
  maxBytesPerSecondPerRoom: ['--max-rate-per-room', COSTS, 'those of each room; 0B is off'],
  maxRoomBytes: ['--max-room-bytes', COSTS, 'bytes passed on in one room; 0B is off'],
  maxRoomAgeMs: ['--max-room-age', COSTS, 'time from its first pairing to its end; 0s is off'],
  dailyQuotaBytes: ['--daily-quota', COSTS, 'bytes passed on for one sender a day; 0B is off'],
  shutdownGraceMs: ['--shutdown-grace', OPERATION, 'time for pairings to finish at SIGTERM, SIGINT'],
};

const ADMIN = 'TCP port of health, status and metrics over HTTP; 0 takes any free one';
const CERTIFICATE = 'certificates, as PEM: take TLS too, on the same port';
const PROXIES = 'proxies that tell who connects, by a PROXY header';
const CONFIG = 'settings, as TOML; a flag or a variable wins over the file';
const STATE = 'directory that keeps quotas over a restart';
const SENDERS = 'who may send, a name and a hash a line; without it, everybody';
const CONTROL = 'Unix socket that relay-server ctl commands it by';
const FORMATS = 'json, pretty, or auto (pretty on a terminal)';

/** The rest, under the names that their values have. */
const OTHERS = {
  host: flag('-H, --host', LISTENING, 'address to listen on', ADDRESS, 'all, IPv6 and IPv4'),
  tlsCert: flag('--tls-cert', LISTENING, CERTIFICATE, FILE, 'no TLS'),
  tlsKey: flag('--tls-key', LISTENING, 'its private key, as PEM', FILE, 'no TLS'),
  tlsOnly: flag('--tls-only', LISTENING, 'refuse who comes without TLS', SWITCH, 'off'),
  proxyProtocol: flag('--proxy-protocol', LISTENING, PROXIES, NETWORKS, 'no proxy'),
  stateDir: flag('--state-dir', COSTS, STATE, DIRECTORY, '$STATE_DIRECTORY of systemd'),
  sendersFile: flag('--senders-file', LIMITS, SENDERS, FILE, 'no file'),
  config: flag('--config', OPERATION, CONFIG, FILE, 'no file'),
  adminPort: flag('--admin-port', OPERATION, ADMIN, wholeNumber(RANGES.port), 'off'),
  adminHost: flag('--admin-host', OPERATION, 'address of the same', ADDRESS, '127.0.0.1'),
  control: flag('--control', OPERATION, CONTROL, PATH, 'off, or in $RUNTIME_DIRECTORY'),
  logLevel: flag('--log-level', OPERATION, LOG_LEVELS.join(', '), oneOf('<level>', LOG_LEVELS), 'info'),
  logFormat: flag('--log-format', OPERATION, FORMATS, oneOf('<format>', LOG_FORMATS), 'auto'),
};

export const NUMBER_NAMES = Object.keys(NUMBERS) as readonly NumberName[];

/** By name, in the order of --help. */
export const FLAGS = {
  ...(Object.fromEntries(NUMBER_NAMES.map((name) => [name, numberFlag(name)])) as Readonly<
    Record<NumberName, Flag<number>>
  >),
  ...OTHERS,
};

export type FlagName = keyof typeof FLAGS;

/** What was given, and undefined for what was not. */
export type Values = {
  readonly [Name in FlagName]: (typeof FLAGS)[Name] extends Flag<infer Value> ? Value | undefined : never;
};

export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];

function flag<Value>(
  name: string,
  group: string,
  about: string,
  kind: Kind<Value>,
  fallback: string,
): Flag<Value> {
  return { flag: name, group, about, kind, fallback };
}

function numberFlag(name: NumberName): Flag<number> {
  const [text, group, about] = NUMBERS[name];
  const range = RANGES[name];
  if (name === 'maxConnections')
    return flag(text, group, about, wholeNumber(range), '80% of the open-files limit');
  const fallback = DEFAULTS[name];
  if (name.endsWith('Ms')) return flag(text, group, about, duration(range), formatDuration(fallback));
  if (name.includes('Bytes')) return flag(text, group, about, size(range), formatSize(fallback));
  return flag(text, group, about, wholeNumber(range), `${fallback}`);
}
