import { LOG_FORMATS, LOG_LEVELS } from '../../ops/log/kinds.js';
import { DIALECT_NAMES, SPOKEN } from '../../relay/dialects/table.js';
import { DEFAULTS, RANGES } from '../../relay/options.js';
import { parseNetwork } from '../../relay/entrance/networks.js';
import { type Flag, type ValuesOf, variableOf } from '../flags/flag.js';
import {
  DIRECTORY,
  duration,
  FILE,
  type Kind,
  oneOf,
  PATH,
  size,
  someOf,
  SWITCH,
  wholeNumber,
} from '../flags/kinds.js';
import { formatDuration, formatSize } from '../flags/units.js';

/**
 * Every setting of `relay-server`. A new one is a row here, in NUMBERS where it is a number of the relay and else in
 * OTHERS, and its field in settings.ts; --help, its variable, its key in a file, its messages and the table of
 * docs/operations.md (`npm run docs:settings`) follow. How values are written is in ../flags/kinds.ts.
 */

type NumberName = keyof typeof RANGES;

/** A flag that has all of it. */
type Setting<Value> = Flag<Value> & Required<Pick<Flag, 'group' | 'fallback' | 'variable'>>;

const LISTENING = 'Listening:';
const ROOMS = 'Rooms:';
const LIMITS = 'Limits:';
const COSTS = 'Limits of costs:';
const OPERATION = 'Operation:';

/** What can be listened on. Whether there is such an address shows when it is tried. */
const ADDRESS: Kind<string> = {
  placeholder: '<addr>',
  expected: 'an IP address or a host name',
  read: (text) => (/^[A-Za-z0-9._:%-]{1,255}$/.test(text) ? text : undefined),
};

/** IP addresses and networks, with commas between them. */
const NETWORKS: Kind<readonly string[]> = {
  placeholder: '<cidrs>',
  isList: true,
  expected: 'IP addresses or networks with commas between them, such as 10.0.0.0/8,192.0.2.7',
  read(text) {
    const networks = text.split(',').map((network) => network.trim());
    return networks.every((network) => parseNetwork(network) !== undefined) ? networks : undefined;
  },
};

type NumberRow = readonly [flag: string, group: string, about: string, docs?: string];

/**
 * Every number of the relay. Its range and default stand with the relay; names that end in `Ms` are durations, and those with
 * `Bytes` sizes.
 */
const NUMBERS: Readonly<Record<NumberName, NumberRow>> = {
  port: ['-p, --port', LISTENING, 'TCP port; 0 takes any free one'],
  handshakeTimeoutMs: [
    '--handshake-timeout',
    ROOMS,
    'time for a client to send its line',
    'time for a client to send its line; an absolute deadline',
  ],
  abandonAfterMs: ['--abandon-after', ROOMS, 'time for a room to be completed'],
  retryWindowMs: [
    '--retry-window',
    ROOMS,
    'time that an ended room with retry is held',
    'time that an ended room with `retry` is held',
  ],
  idleTimeoutMs: [
    '--idle-timeout',
    ROOMS,
    'time that a pairing may go without a byte',
    'time that a pairing may go without a byte, either way',
  ],
  stallTimeoutMs: ['--stall-timeout', ROOMS, 'time one receiver of several may take nothing'],
  cleanupIntervalMs: [
    '--cleanup-interval',
    ROOMS,
    'how often expired rooms are removed',
    'how often expired rooms are removed; a removal is at most that late',
  ],
  rateLimitIp: ['--rate-limit-ip', LIMITS, 'connections a minute from one source; 0 is off'],
  rateLimitCode: [
    '--rate-limit-code',
    LIMITS,
    'those to one code; 0 is off',
    'connections a minute from one source to one code; 0 is off',
  ],
  lockoutAttempts: ['--lockout-attempts', LIMITS, 'failed attempts that block a code; 0 is off'],
  lockoutSourceAttempts: [
    '--lockout-source-attempts',
    LIMITS,
    'those that block a source; 0 is off',
    'failed attempts that block a source; 0 is off',
  ],
  lockoutWindowMs: ['--lockout-window', LIMITS, 'time in which failed attempts count'],
  lockoutDurationMs: ['--lockout-duration', LIMITS, 'how long a block lasts'],
  maxConnections: [
    '--max-connections',
    LIMITS,
    'connections open at once',
    'connections open at once, in all',
  ],
  maxConnectionsPerIp: [
    '--max-connections-per-ip',
    LIMITS,
    'those of one source; 0 is off',
    'connections open at once from one source; 0 is off',
  ],
  bufferMemoryMiB: [
    '--buffer-memory',
    LIMITS,
    'MiB for large read buffers, in all; 0 is off',
    'MiB for large read buffers, in all; past it, and at 0, reads are small',
  ],
  maxBytesPerSecond: [
    '--max-rate',
    COSTS,
    'bytes a second passed on, in all; 0B is off',
    'payload bytes a second passed on, in all; 0B is off',
  ],
  maxBytesPerSecondPerRoom: ['--max-rate-per-room', COSTS, 'those of each room; 0B is off'],
  maxRoomBytes: [
    '--max-room-bytes',
    COSTS,
    'bytes passed on in one room; 0B is off',
    'payload bytes passed on in one room; 0B is off',
  ],
  maxRoomAgeMs: [
    '--max-room-age',
    COSTS,
    'time from its first pairing to its end; 0s is off',
    "time from a room's first pairing to its end; 0s is off",
  ],
  dailyQuotaBytes: [
    '--daily-quota',
    COSTS,
    'bytes passed on for one sender a day; 0B is off',
    'payload bytes passed on for one sender a day; 0B is off',
  ],
  shutdownGraceMs: [
    '--shutdown-grace',
    OPERATION,
    'time for pairings to finish at SIGTERM, SIGINT',
    'time for transfers to finish after SIGTERM or SIGINT',
  ],
};

/** The rest, under the names that their values have. */
const OTHERS = {
  host: setting({
    flag: '-H, --host',
    group: LISTENING,
    about: 'address to listen on',
    kind: ADDRESS,
    fallback: 'all, IPv6 and IPv4',
  }),
  speak: setting({
    flag: '--speak',
    group: LISTENING,
    about: `what it speaks, with commas: ${DIALECT_NAMES.join(', ')}`,
    docs: `what it speaks on its one port, with commas: ${DIALECT_NAMES.map((name) => `\`${name}\``).join(', ')}; all else is refused as a malformed line is`,
    kind: someOf('<list>', DIALECT_NAMES),
    fallback: SPOKEN.join(','),
  }),
  tlsCert: setting({
    flag: '--tls-cert',
    group: LISTENING,
    about: 'certificates, as PEM: take TLS too, on the same port',
    docs: "certificates, as PEM, the relay's own first: take [TLS](#tls) too, on the same port",
    kind: FILE,
    fallback: 'no TLS',
  }),
  tlsKey: setting({
    flag: '--tls-key',
    group: LISTENING,
    about: 'its private key, as PEM',
    docs: 'its private key, as PEM, without a passphrase',
    kind: FILE,
    fallback: 'no TLS',
  }),
  tlsOnly: setting({
    flag: '--tls-only',
    group: LISTENING,
    about: 'refuse who comes without TLS',
    kind: SWITCH,
    fallback: 'off',
  }),
  proxyProtocol: setting({
    flag: '--proxy-protocol',
    group: LISTENING,
    about: 'proxies that tell who connects, by a PROXY header',
    docs: 'IP addresses and networks of [proxies](#behind-a-nat-or-a-proxy) that tell who connects by a PROXY header',
    kind: NETWORKS,
    fallback: 'no proxy',
  }),
  stateDir: setting({
    flag: '--state-dir',
    group: COSTS,
    about: 'directory that keeps quotas over a restart',
    kind: DIRECTORY,
    fallback: '$STATE_DIRECTORY of systemd',
  }),
  sendersFile: setting({
    flag: '--senders-file',
    group: LIMITS,
    about: 'who may send, a name and a hash a line; without it, everybody',
    docs: '[who may send](#who-may-send), a name and a hash a line; without it, everybody',
    kind: FILE,
    fallback: 'no file',
  }),
  config: setting({
    flag: '--config',
    group: OPERATION,
    about: 'settings, as TOML; a flag or a variable wins over the file',
    kind: FILE,
    fallback: 'no file',
    inFile: 'a file cannot name another one: "config" is for the command line.',
  }),
  adminPort: setting({
    flag: '--admin-port',
    group: OPERATION,
    about: 'TCP port of health, status and metrics over HTTP; 0 takes any free one',
    kind: wholeNumber(RANGES.port),
    fallback: 'off',
  }),
  adminHost: setting({
    flag: '--admin-host',
    group: OPERATION,
    about: 'address of the same',
    kind: ADDRESS,
    fallback: '127.0.0.1',
  }),
  control: setting({
    flag: '--control',
    group: OPERATION,
    about: 'Unix socket that relay-server ctl commands it by',
    docs: 'Unix socket of [`relay-server ctl`](#an-operators-hand)',
    kind: PATH,
    fallback: 'off, or in $RUNTIME_DIRECTORY',
  }),
  logLevel: setting({
    flag: '--log-level',
    group: OPERATION,
    about: LOG_LEVELS.join(', '),
    kind: oneOf('<level>', LOG_LEVELS),
    fallback: 'info',
  }),
  logFormat: setting({
    flag: '--log-format',
    group: OPERATION,
    about: 'json, pretty, or auto (pretty on a terminal)',
    kind: oneOf('<format>', LOG_FORMATS),
    fallback: 'auto',
  }),
};

export const NUMBER_NAMES = Object.keys(NUMBERS) as readonly NumberName[];

/** By name; --help has them by group. */
export const FLAGS = {
  ...(Object.fromEntries(NUMBER_NAMES.map((name) => [name, numberFlag(name)])) as Readonly<
    Record<NumberName, Setting<number>>
  >),
  ...OTHERS,
};

export type FlagName = keyof typeof FLAGS;

/** What was given, and undefined for what was not. */
export type Values = ValuesOf<typeof FLAGS>;

export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];

/** Of the commands that report what they find. */
export const REPORT_AS_JSON: Flag<boolean> = {
  flag: '--json',
  kind: SWITCH,
  about: 'one JSON object instead of text',
};

/** A flag with the variable of its name, that a file may have too. */
function setting<Value>(row: Omit<Setting<Value>, 'variable'>): Setting<Value> {
  return { inFile: true, ...row, variable: variableOf(row) };
}

function numberFlag(name: NumberName): Setting<number> {
  const [flag, group, about, docs = about] = NUMBERS[name];
  return setting({ flag, group, about, docs, ...numberKind(name) });
}

function numberKind(name: NumberName): { readonly kind: Kind<number>; readonly fallback: string } {
  const range = RANGES[name];
  if (name === 'maxConnections') return { kind: wholeNumber(range), fallback: '80% of the open-files limit' };
  const fallback = DEFAULTS[name];
  if (name.endsWith('Ms')) return { kind: duration(range), fallback: formatDuration(fallback) };
  if (name.includes('Bytes')) return { kind: size(range), fallback: formatSize(fallback) };
  return { kind: wholeNumber(range), fallback: `${fallback}` };
}
