import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../src/cli/server/program.js';
import type { ExitSettings } from '../../../src/cli/flags/main.js';
import type { RunSettings } from '../../../src/cli/server/settings.js';
import { DEFAULTS, MAX_DURATION_MS, resolveSettings } from '../../../src/relay/options.js';

const parse = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  parseSettings(['node', 'relay-server', ...args], env, '1.2.3');

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunSettings {
  const result = parse(args, env);
  if (result.kind !== 'run') throw new Error(`does not run: ${result.stderr}`);
  return result;
}

function exit(args: readonly string[], env: NodeJS.ProcessEnv = {}): ExitSettings {
  const result = parse(args, env);
  if (result.kind !== 'exit') throw new Error('runs');
  return result;
}

/** Flag, variable, a value, where it ends up, and the default that --help shows. */
const FLAGS: readonly [
  flag: string,
  env: string,
  text: string,
  path: string,
  value: unknown,
  fallback: string,
][] = [
  ['--port', 'RELAY_PORT', '9000', 'relay.port', 9000, '4000'],
  ['--host', 'RELAY_HOST', '::1', 'relay.host', '::1', 'all, IPv6 and IPv4'],
  ['--handshake-timeout', 'RELAY_HANDSHAKE_TIMEOUT', '500ms', 'relay.handshakeTimeoutMs', 500, '10s'],
  ['--abandon-after', 'RELAY_ABANDON_AFTER', '1h', 'relay.abandonAfterMs', 3_600_000, '10m'],
  ['--retry-window', 'RELAY_RETRY_WINDOW', '5m', 'relay.retryWindowMs', 300_000, '2m'],
  ['--idle-timeout', 'RELAY_IDLE_TIMEOUT', '7s', 'relay.idleTimeoutMs', 7_000, '5m'],
  ['--stall-timeout', 'RELAY_STALL_TIMEOUT', '7s', 'relay.stallTimeoutMs', 7_000, '1m'],
  ['--cleanup-interval', 'RELAY_CLEANUP_INTERVAL', '7s', 'relay.cleanupIntervalMs', 7_000, '1m'],
  ['--rate-limit-ip', 'RELAY_RATE_LIMIT_IP', '0', 'relay.rateLimitIp', 0, '60'],
  ['--rate-limit-code', 'RELAY_RATE_LIMIT_CODE', '7', 'relay.rateLimitCode', 7, '30'],
  ['--lockout-attempts', 'RELAY_LOCKOUT_ATTEMPTS', '7', 'relay.lockoutAttempts', 7, '3'],
  ['--lockout-source-attempts', 'RELAY_LOCKOUT_SOURCE_ATTEMPTS', '7', 'relay.lockoutSourceAttempts', 7, '10'],
  ['--lockout-window', 'RELAY_LOCKOUT_WINDOW', '7s', 'relay.lockoutWindowMs', 7_000, '5m'],
  ['--lockout-duration', 'RELAY_LOCKOUT_DURATION', '7s', 'relay.lockoutDurationMs', 7_000, '10m'],
  [
    '--max-connections',
    'RELAY_MAX_CONNECTIONS',
    '7',
    'relay.maxConnections',
    7,
    '80% of the open-files limit',
  ],
  ['--max-connections-per-ip', 'RELAY_MAX_CONNECTIONS_PER_IP', '0', 'relay.maxConnectionsPerIp', 0, '64'],
  ['--max-rate', 'RELAY_MAX_RATE', '10MB', 'relay.maxBytesPerSecond', 10_000_000, '0B'],
  ['--max-rate-per-room', 'RELAY_MAX_RATE_PER_ROOM', '1MiB', 'relay.maxBytesPerSecondPerRoom', 2 ** 20, '0B'],
  ['--max-room-bytes', 'RELAY_MAX_ROOM_BYTES', '5GB', 'relay.maxRoomBytes', 5e9, '0B'],
  ['--max-room-age', 'RELAY_MAX_ROOM_AGE', '6h', 'relay.maxRoomAgeMs', 21_600_000, '0s'],
  ['--daily-quota', 'RELAY_DAILY_QUOTA', '20GB', 'relay.dailyQuotaBytes', 20e9, '0B'],
  ['--shutdown-grace', 'RELAY_SHUTDOWN_GRACE', '0s', 'relay.shutdownGraceMs', 0, '30s'],
  ['--admin-port', 'RELAY_ADMIN_PORT', '0', 'admin.port', 0, 'off'],
  ['--log-level', 'RELAY_LOG_LEVEL', 'debug', 'log.level', 'debug', 'info'],
  ['--log-format', 'RELAY_LOG_FORMAT', 'json', 'log.format', 'json', 'auto'],
];

describe.each(FLAGS)('%s', (flag, variable, text, path, value, fallback) => {
  it(`sets ${path}`, () => {
    expect(run([flag, text])).toHaveProperty(path, value);
    expect(run([`${flag}=${text}`])).toHaveProperty(path, value);
  });

  it(`is also ${variable}, and wins over it`, () => {
    expect(run([], { [variable]: text })).toHaveProperty(path, value);
    expect(run([flag, text], { [variable]: '!' })).toHaveProperty(path, value);
  });

  it(`takes an empty ${variable} for one that is not set`, () => {
    expect(run([], { [variable]: '' })).toEqual(run([]));
  });

  it('is refused with an empty or bad value, by its name', () => {
    for (const bad of ['', '\u0000', '!']) {
      expect(exit([`${flag}=${bad}`])).toMatchObject({ code: 2, stdout: '' });
      expect(exit([`${flag}=${bad}`]).stderr).toMatch(
        new RegExp(`^relay-server: ${flag}: ".*" is not .+\\.\\n$`),
      );
    }
    expect(exit([], { [variable]: '!' }).stderr).toMatch(
      new RegExp(`^relay-server: ${flag} \\(from ${variable}\\): "!" is not .+\\.\\n$`),
    );
  });

  it('is refused without a value, with what is expected', () => {
    const { code, stderr } = exit([flag]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^relay-server: ${flag}: its value is missing, (a|an|one) .+\\.\\n$`));
  });

  it('stands in --help with its default and its variable', () => {
    const help = exit(['--help']).stdout.replaceAll(/\s+/g, ' ');
    expect(help).toContain(`${flag} <`);
    expect(help).toContain(`(default: ${fallback}, ${variable})`);
  });
});

describe('what is not given', () => {
  it('is left to the relay, with the admin server off', () => {
    expect(run([])).toEqual({
      kind: 'run',
      relay: {},
      sendersFile: undefined,
      admin: undefined,
      log: { level: 'info', format: 'auto' },
    });
  });

  it('is what --help says: its defaults read back to those of the relay', () => {
    const help = exit(['--help']).stdout.replaceAll(/\s+/g, ' ');
    const shown = [...help.matchAll(/\(default: (\S+), RELAY_(\w+)\)/g)]
      .map(([, text, name]) => [`RELAY_${name ?? ''}`, text] as const)
      .filter(([name]) => !name.startsWith('RELAY_ADMIN_'));
    const { relay } = run([], Object.fromEntries(shown));
    expect(resolveSettings({ ...relay, maxConnections: 1 })).toEqual({ ...DEFAULTS, maxConnections: 1 });
  });
});

describe('short flags and the admin host', () => {
  it('takes -p and -H', () => {
    expect(run(['-p', '80', '-H', 'localhost']).relay).toEqual({ port: 80, host: 'localhost' });
    expect(run(['-p80']).relay).toEqual({ port: 80 });
  });

  it('binds the admin server to the loopback address unless told otherwise', () => {
    expect(run(['--admin-port', '9090']).admin).toEqual({ port: 9090, host: '127.0.0.1' });
    expect(run(['--admin-port', '9090', '--admin-host', '::']).admin).toEqual({ port: 9090, host: '::' });
    expect(run([], { RELAY_ADMIN_PORT: '9', RELAY_ADMIN_HOST: '::' }).admin).toEqual({ port: 9, host: '::' });
  });

  it('refuses a bad admin host, also where the admin server is off', () => {
    expect(exit(['--admin-host', 'a b']).stderr).toBe(
      'relay-server: --admin-host: "a b" is not an IP address or a host name.\n',
    );
  });
});

describe('bad values', () => {
  it.each([
    'banana',
    '-1',
    '70000',
    '65536',
    'NaN',
    '1e3',
    '4000.5',
    '0x10',
    ' 80',
    '80 ',
    '+80',
    'Infinity',
    '８０',
  ])('--port %j', (text) => {
    const stderr = `"${text}" is not a whole number from 0 to 65535.\n`;
    expect(exit(['--port', text])).toEqual({
      kind: 'exit',
      code: 2,
      stdout: '',
      stderr: `relay-server: --port: ${stderr}`,
    });
    expect(exit([], { RELAY_PORT: text }).stderr).toBe(`relay-server: --port (from RELAY_PORT): ${stderr}`);
  });

  it.each(['0s', '10', 'banana', '-1s', '1.5s', `${MAX_DURATION_MS + 1}ms`, '597h', '99999999999999999999h'])(
    '--retry-window %j',
    (text) => {
      expect(exit(['--retry-window', text]).stderr).toBe(
        `relay-server: --retry-window: "${text}" is not a duration from 1ms to 596h, such as 500ms, 10s, 2m or 1h.\n`,
      );
    },
  );

  it('knows the longest duration', () => {
    expect(run(['--retry-window', `${MAX_DURATION_MS}ms`, '--idle-timeout', '596h']).relay).toEqual({
      retryWindowMs: MAX_DURATION_MS,
      idleTimeoutMs: 2_145_600_000,
    });
  });

  it('needs at least one connection, but takes 0 for limits that can be off', () => {
    expect(exit(['--max-connections', '0']).stderr).toContain('is not a whole number from 1 to 2147483647.');
    expect(run(['--lockout-attempts', '0']).relay).toEqual({ lockoutAttempts: 0 });
  });

  it.each([
    [
      ['--log-level', 'loud'],
      '--log-level: "loud" is not one of trace, debug, info, warn, error, fatal, silent.',
    ],
    [['--log-format', 'xml'], '--log-format: "xml" is not one of auto, json, pretty.'],
    [['--host', '[::1]'], '--host: "[::1]" is not an IP address or a host name.'],
    [['--prot', '1'], "unknown option '--prot' (Did you mean --port?). See relay-server --help."],
    [['-x'], "unknown option '-x'. See relay-server --help."],
    [['4000'], '"4000" is unexpected, all settings are flags. See relay-server --help.'],
    [['--', 'help'], '"help" is unexpected, all settings are flags. See relay-server --help.'],
    [['--port', '1', '-p'], '--port: its value is missing, a whole number from 0 to 65535.'],
  ])('%j', (args, message) => {
    expect(exit(args)).toEqual({ kind: 'exit', code: 2, stdout: '', stderr: `relay-server: ${message}\n` });
  });

  it('are told by the first one only', () => {
    expect(exit(['--port', 'x', '--log-level', 'y']).stderr.split('\n')).toHaveLength(2);
  });

  it.each(['\u001b[31mred', 'a\nb\r', '\u009b31m', '\u007f', '\u202egnp', '\u2028', '\ud800', '\u{e0001}'])(
    'never reach the terminal raw: %j',
    (text) => {
      const messages = [
        exit(['--port', text]),
        exit([], { RELAY_PORT: text }),
        exit([text]),
        exit([`--${text}`]),
        exit([`--port\n${text}`]),
      ].map(({ stderr }) => stderr);
      for (const message of messages) expect(message).toMatch(/^relay-server: [^\p{C}\p{Zl}\p{Zp}]+\n$/u);
    },
  );

  it('are shortened', () => {
    for (const args of [['--port', '9'.repeat(5_000)], ['9'.repeat(5_000)], [`--${'9'.repeat(5_000)}`]]) {
      expect(exit(args).stderr.length).toBeLessThan(350);
    }
  });
});

describe('--help and --version', () => {
  it('exit 0, whatever else is wrong', () => {
    expect(exit(['--version'])).toEqual({ kind: 'exit', code: 0, stdout: '1.2.3\n', stderr: '' });
    expect(exit(['-V']).stdout).toBe('1.2.3\n');
    for (const args of [['--help'], ['-h'], ['--help', '--port', 'x'], ['--foo', '-h']]) {
      expect(exit(args, { RELAY_PORT: 'x' })).toMatchObject({ code: 0, stderr: '' });
      expect(exit(args).stdout).toMatch(/^Usage: relay-server \[options\]\n/);
    }
  });

  it('fits 80 columns without colours, and gives examples that run', () => {
    const lines = exit(['--help']).stdout.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).not.toContain('\u001b');
    const examples = lines.filter((line) => line.startsWith('  $ '));
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const example of examples) {
      const [before = '', after = ''] = example.slice(4).split('relay-server');
      const words = (text: string) => text.split(' ').filter((word) => word !== '');
      const env = Object.fromEntries(words(before).map((word) => word.split('=') as [string, string]));
      expect(parse(words(after), env).kind).toBe('run');
    }
  });

  it('groups the flags', () => {
    const headings = exit(['--help']).stdout.match(/^[A-Z]\w+:$/gm);
    expect(headings).toEqual(['Options:', 'Listening:', 'Rooms:', 'Limits:', 'Operation:', 'Examples:']);
  });
});
