import { Command, CommanderError, Option } from 'commander';
import { LOG_FORMATS, LOG_LEVELS } from '../ops/log.js';
import type { LogFormat, LogLevel } from '../ops/log.js';
import { DEFAULTS, RANGES } from '../relay/options.js';
import type { RelayOptions } from '../relay/options.js';
import { ADDRESS, duration, formatDuration, oneOf, wholeNumber } from './values.js';
import type { Kind } from './values.js';

export interface RunSettings {
  readonly kind: 'run';
  /** What was given only: the relay knows its defaults. */
  readonly relay: RelayOptions;
  /** Undefined where the admin server is off. */
  readonly admin: { readonly port: number; readonly host: string } | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** Nothing to run: print this, then exit. */
export interface ExitSettings {
  readonly kind: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type ParseResult = RunSettings | ExitSettings;

interface Flag<Value> {
  readonly flag: string;
  readonly group: string;
  readonly about: string;
  readonly kind: Kind<Value>;
  /** The default, as --help shows it. */
  readonly fallback: string;
}

type NumberName = keyof typeof RANGES;

const LISTENING = 'Listening:';
const ROOMS = 'Rooms:';
const LIMITS = 'Limits:';
const OPERATION = 'Operation:';

/** Every number of the relay. Its range and default stand with the relay; names that end in `Ms` are durations. */
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
  shutdownGraceMs: ['--shutdown-grace', OPERATION, 'time for pairings to finish at SIGTERM, SIGINT'],
};

const RELAY = (Object.keys(NUMBERS) as NumberName[]).map((name) => ({ name, flag: numberFlag(name) }));
const HOST = textFlag('-H, --host', LISTENING, 'address to listen on', ADDRESS, 'all, IPv6 and IPv4');
const ADMIN_ABOUT = 'TCP port of health, status and metrics over HTTP; 0 takes any free one';
const ADMIN_PORT = textFlag('--admin-port', OPERATION, ADMIN_ABOUT, wholeNumber(RANGES.port), 'off');
const ADMIN_HOST = textFlag('--admin-host', OPERATION, 'address of the same', ADDRESS, '127.0.0.1');
const LEVELS = LOG_LEVELS.join(', ');
const LOG_LEVEL = textFlag('--log-level', OPERATION, LEVELS, oneOf('<level>', LOG_LEVELS), 'info');
const FORMAT_ABOUT = 'json, pretty, or auto (pretty on a terminal)';
const LOG_FORMAT = textFlag('--log-format', OPERATION, FORMAT_ABOUT, oneOf('<format>', LOG_FORMATS), 'auto');

const FLAGS = [...RELAY.map(({ flag }) => flag), HOST, ADMIN_PORT, ADMIN_HOST, LOG_LEVEL, LOG_FORMAT];

const EPILOGUE = `
Examples:
  $ relay-server
  $ relay-server --port 9000 --host 127.0.0.1 --retry-window 5m
  $ RELAY_ADMIN_PORT=9090 RELAY_LOG_FORMAT=json relay-server

Every flag has the environment variable that stands by its default; the flag
wins. Durations are written 500ms, 10s, 2m or 1h.`;

/** A command line or an environment that cannot be run with; the message is for the user, in one line. */
class UsageError extends Error {}

/**
 * Reads the settings of `relay-server`. Prints nothing and exits nowhere.
 * @param argv `process.argv`, or the like: its first two entries are passed over.
 * @param env an empty variable counts as not set.
 */
export function parseSettings(argv: readonly string[], env: NodeJS.ProcessEnv, version: string): ParseResult {
  let stdout = '';
  const program = describe(version, (text) => {
    stdout += text;
  });
  try {
    program.parse([...argv], { from: 'node' });
    return settingsFrom(program.opts<Given>(), env);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return { kind: 'exit', code: 0, stdout, stderr: '' };
    }
    if (error instanceof CommanderError) return badUsage(reworded(error, program.args));
    if (error instanceof UsageError) return badUsage(error.message);
    throw error;
  }
}

function badUsage(message: string): ExitSettings {
  return { kind: 'exit', code: 2, stdout: '', stderr: `relay-server: ${message}\n` };
}

/** Commander's own message in one line: it repeats what was typed, and has its suggestion on a second line. */
function reworded({ code, message }: CommanderError, args: readonly string[]): string {
  if (code === 'commander.excessArguments') {
    return `${quoted(args[0] ?? '')} is unexpected, all settings are flags. See relay-server --help.`;
  }
  const lacking = FLAGS.find(({ flag }) => message.includes(`'${flag} <`));
  if (code === 'commander.optionMissingArgument' && lacking !== undefined) {
    return `${longOf(lacking.flag)}: its value is missing, ${lacking.kind.expected}.`;
  }
  const text = message.replace(/^error: /, '').replace(/\n(?=\(Did you mean )/, ' ');
  return `${printable(shortened(text.replace(/\.$/, '')))}. See relay-server --help.`;
}

/** The command line as commander reads it: what is given as text, unchecked; --help; --version. */
function describe(version: string, write: (text: string) => void): Command {
  const program = new Command('relay-server')
    .description('A TCP relay that pairs a sender and a receiver by a short code.')
    .usage('[options]')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    });
  for (const { flag, group, about, kind, fallback } of FLAGS) {
    // Not commander's own default and variable: it reads process.env, and takes an empty variable for a value.
    const text = `${about}\n(default: ${fallback}, ${variableOf(flag)})`;
    program.addOption(new Option(`${flag} ${kind.placeholder}`, text).helpGroup(group));
  }
  return program;
}

type Given = Readonly<Record<string, string | undefined>>;

/** @throws {UsageError} at the first bad value. */
function settingsFrom(given: Given, env: NodeJS.ProcessEnv): RunSettings {
  const value = <Value>(flag: Flag<Value>): Value | undefined => valueOf(flag, given, env);
  const relay: { -readonly [Name in keyof RelayOptions]: RelayOptions[Name] } = {};
  for (const { name, flag } of RELAY) {
    const number = value(flag);
    if (number !== undefined) relay[name] = number;
  }
  const host = value(HOST);
  if (host !== undefined) relay.host = host;
  const adminPort = value(ADMIN_PORT);
  const adminHost = value(ADMIN_HOST) ?? ADMIN_HOST.fallback;
  const level = value(LOG_LEVEL) ?? 'info';
  const format = value(LOG_FORMAT) ?? 'auto';
  return {
    kind: 'run',
    relay,
    admin: adminPort === undefined ? undefined : { port: adminPort, host: adminHost },
    log: { level, format },
  };
}

/** @throws {UsageError} where what is given is no value of the flag. */
function valueOf<Value>(
  { flag, kind }: Flag<Value>,
  given: Given,
  env: NodeJS.ProcessEnv,
): Value | undefined {
  const onCommandLine = given[new Option(flag).attributeName()];
  const variable = variableOf(flag);
  const inVariable = env[variable] === '' ? undefined : env[variable];
  const text = onCommandLine ?? inVariable;
  if (text === undefined) return undefined;
  const value = kind.read(text);
  if (value !== undefined) return value;
  const origin = onCommandLine === undefined ? ` (from ${variable})` : '';
  throw new UsageError(`${longOf(flag)}${origin}: ${quoted(text)} is not ${kind.expected}.`);
}

function textFlag<Value>(
  flag: string,
  group: string,
  about: string,
  kind: Kind<Value>,
  fallback: string,
): Flag<Value> {
  return { flag, group, about, kind, fallback };
}

function numberFlag(name: NumberName): Flag<number> {
  const [flag, group, about] = NUMBERS[name];
  const isDuration = name.endsWith('Ms');
  const kind = isDuration ? duration(RANGES[name]) : wholeNumber(RANGES[name]);
  if (name === 'maxConnections') return { flag, group, about, kind, fallback: '80% of the open-files limit' };
  const fallback = isDuration ? formatDuration(DEFAULTS[name]) : `${DEFAULTS[name]}`;
  return { flag, group, about, kind, fallback };
}

function quoted(text: string): string {
  return printable(JSON.stringify(shortened(text)));
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Without anything that a terminal would act on: JSON leaves C1 controls and marks of direction as they are. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

function longOf(flag: string): string {
  return flag.slice(flag.indexOf('--'));
}

function variableOf(flag: string): string {
  return `RELAY_${longOf(flag).slice(2).toUpperCase().replaceAll('-', '_')}`;
}
