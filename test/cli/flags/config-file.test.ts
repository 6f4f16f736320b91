import { describe, expect, it } from 'vitest';
import { readRelayFile as readConfigFile } from '../../../src/cli/server/settings.js';
import { parseSettings } from '../../../src/cli/server/program.js';

const encoded = (text: string) => new TextEncoder().encode(text);

const read = (source: string) => readConfigFile('relay.toml', () => encoded(source));

function fails(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: words of the system`), { code });
  };
}

/** What the relay does with such a file, and a command line and an environment beside it. */
function parse(source: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const argv = ['node', 'relay-server', '--config', 'relay.toml', ...args];
  return parseSettings(argv, env, '1.2.3', (path) => {
    expect(path).toBe('relay.toml');
    return encoded(source);
  });
}

describe('a file of settings', () => {
  it('sets what flags set, each written as is natural', () => {
    const source = `
      port = 4_000 # a comment
      host = '::1'
      "retry-window" = "5m"
      max-connections = 0x10
      admin-port = "9090"
      log-level = "debug"`;
    expect(parse(source)).toEqual({
      kind: 'run',
      relay: { port: 4000, host: '::1', retryWindowMs: 300_000, maxConnections: 16 },
      admin: { port: 9090, host: '127.0.0.1' },
      log: { level: 'debug', format: 'auto' },
    });
  });

  it('counts less than a variable, and that less than a flag', () => {
    const source = 'port = 1\nrate-limit-ip = 1\nidle-timeout = "1s"';
    const env = { RELAY_RATE_LIMIT_IP: '2', RELAY_IDLE_TIMEOUT: '2s' };
    expect(parse(source, ['--idle-timeout', '3s'], env)).toMatchObject({
      relay: { port: 1, rateLimitIp: 2, idleTimeoutMs: 3_000 },
    });
  });

  it('is not asked for a value that a flag gives', () => {
    expect(parse('port = 99999', ['--port', '1'])).toMatchObject({ relay: { port: 1 } });
  });

  it('can be named by a variable', () => {
    const env = { RELAY_CONFIG: 'relay.toml' };
    const settings = parseSettings(['node', 'relay-server'], env, '1.2.3', () => encoded('port = 7'));
    expect(settings).toMatchObject({ relay: { port: 7 } });
  });

  it.each([
    ['port = 99999', '--port (from relay.toml:1): "99999" is not a whole number from 0 to 65535.'],
    ['\n\nport = "x"', '--port (from relay.toml:3): "x" is not a whole number from 0 to 65535.'],
    ['log-level = ""', '--log-level (from relay.toml:1): "" is not one of trace, '],
    ['log-level = true', '--log-level (from relay.toml:1): "true" is not one of trace, '],
    ['idle-timeout = 120', '--idle-timeout (from relay.toml:1): "120" is not a duration from 1ms to 596h, '],
    ['prot = 1', 'relay.toml:1: there is no setting "prot". Did you mean port?\n'],
    ['retry_window = 1', 'relay.toml:1: there is no setting "retry_window". Did you mean retry-window?\n'],
    [
      'cat = 1',
      'relay.toml:1: there is no setting "cat". See relay-server --help: they are named as the flags.\n',
    ],
    ['config = "b"', 'relay.toml:1: a file cannot name another one: "config" is for the command line.\n'],
    ['[rooms]\nport = 1', 'relay.toml:1: there is no part "rooms". Settings stand at the top of the file.\n'],
    ['constructor = 1', 'relay.toml:1: there is no setting "constructor". See '],
    ['__proto__ = 1', 'relay.toml:1: there is no setting "__proto__". See '],
    ['help = 1', 'relay.toml:1: there is no setting "help". See '],
    ['"" = 1', 'relay.toml:1: there is no setting "". See '],
  ])('%j: one line, and exit 2', (source, message) => {
    const settings = parse(source);
    expect(settings).toMatchObject({ kind: 'exit', code: 2, stdout: '' });
    expect(settings).toHaveProperty('stderr', expect.stringContaining(`relay-server: ${message}`));
    expect(settings).toHaveProperty('stderr', expect.stringMatching(/^[^\n]+\n$/));
  });

  it.each(['[1]', '4000.0', '1e3', '2026-11-21', '{ x = 1 }'])('takes no port = %s', (value) => {
    expect(read(`port = ${value}`).problems).toEqual([
      'relay.toml:1: port is not a whole number from 0 to 65535.',
    ]);
  });

  it.each(['["127.0.0.1", "10.0.0.0/8"]', '"127.0.0.1,10.0.0.0/8"'])('takes a list as %s', (value) => {
    expect(parse(`proxy-protocol = ${value}`)).toMatchObject({
      proxyProtocol: ['127.0.0.1', '10.0.0.0/8'],
    });
  });

  it.each(['["127.0.0.1,10.0.0.0/8"]', '[["127.0.0.1"]]', '[1.5]'])('takes no list = %s', (value) => {
    expect(read(`proxy-protocol = ${value}`).problems).toEqual([
      expect.stringMatching(/^relay\.toml:1: proxy-protocol is not /) as string,
    ]);
  });

  it('tells all that is wrong with its keys', () => {
    expect(read('prot = 1\nport = 1\nhots = ""').problems).toHaveLength(2);
  });

  it('names no line where two lines look like the one', () => {
    const source = 'x = """\nprot = 1\n"""\nprot = 1\n';
    expect(read(source).problems).toContain('relay.toml: there is no setting "prot". Did you mean port?');
  });

  it.each([
    ['port = ', 'relay.toml:1: this is no TOML, at column 8: invalid value.'],
    ['\nport 1', 'relay.toml:2: this is no TOML, at column 6: illegal character in key.'],
    ['port = 1\nport = 2', 'relay.toml:2: this is no TOML, at column 1: trying to redefine '],
  ])('that is no TOML: %j', (source, problem) => {
    expect(read(source).problems).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['ENOENT', 'there is no such file'],
    ['EACCES', 'no permission to read it'],
    ['EISDIR', 'it is a directory'],
    ['EIO', 'EIO: words of the system'],
  ])('that cannot be read, for %s', (code, why) => {
    expect(readConfigFile('a.toml', fails(code)).problems).toEqual([
      `--config: cannot read "a.toml": ${why}.`,
    ]);
  });

  it('that is no text', () => {
    expect(readConfigFile('a.toml', () => Uint8Array.of(0xff)).problems).toEqual([
      '--config: cannot read "a.toml": it is not text in UTF-8.',
    ]);
  });

  it('sends nothing raw to the terminal', () => {
    const source = '"\\u001b[31m" = 1\nlog-level = "\\u202e"';
    const problems = readConfigFile('\u001b[2J', () => encoded(source)).problems;
    const settings = parseSettings(['node', 'relay-server', '--config', '\u001b[2J'], {}, '1', () =>
      encoded('a'),
    );
    for (const text of [...problems, settings.kind === 'exit' ? settings.stderr.trimEnd() : ''])
      expect(text).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
  });
});
