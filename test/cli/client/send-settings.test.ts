import { describe, expect, it } from 'vitest';
import { parseSendSettings, type SendSettings } from '../../../src/cli/client/send-settings.js';

const parse = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  parseSendSettings(['node', 'relay-send', ...args], env, '1.2.3');

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): SendSettings {
  const result = parse(args, env);
  if (result.kind !== 'run') throw new Error(`does not run: ${result.stderr}`);
  return result;
}

it('has defaults', () => {
  expect(run(['a', 'b/'])).toEqual({
    kind: 'run',
    relay: { host: 'localhost', port: 4000, tls: undefined },
    code: undefined,
    token: undefined,
    source: { kind: 'paths', paths: ['a', 'b/'] },
    receivers: 1,
    giveUpAfterMs: 600_000,
    again: 'relay-send\u00A0a\u00A0b/',
    form: 'people',
  });
});

describe('what is given', () => {
  it.each<[args: string[], settings: Partial<SendSettings>]>([
    [['--relay', 'r.example:9', 'f'], { relay: { host: 'r.example', port: 9, tls: undefined } }],
    [['--relay=[::1]:4001', 'f'], { relay: { host: '::1', port: 4001, tls: undefined } }],
    [
      ['--relay', '[fe80::1%eth0]:4001', 'f'],
      { relay: { host: 'fe80::1%eth0', port: 4001, tls: undefined } },
    ],
    [['--relay', 'r.example', 'f'], { relay: { host: 'r.example', port: 4000, tls: undefined } }],
    [['--relay', 'relay://r.example', 'f'], { relay: { host: 'r.example', port: 4000, tls: undefined } }],
    [['--relay', 'relays://[::1]:5/', 'f'], { relay: { host: '::1', port: 5, tls: { caFile: undefined } } }],
    [['--tls', 'f'], { relay: { host: 'localhost', port: 4000, tls: { caFile: undefined } } }],
    [
      ['--tls', '--relay', 'relays://r', '--ca', 'our ca.pem', 'f'],
      { relay: { host: 'r', port: 4000, tls: { caFile: 'our ca.pem' } } },
    ],
    [['--code', '1234 OLIV  basic', 'f'], { code: '1234-olive-basic' }],
    [['--receivers', '16', 'f'], { receivers: 16 }],
    [['--receivers', '1', '-'], { receivers: 1 }],
    [['--give-up-after', '90s', 'f'], { giveUpAfterMs: 90_000 }],
    [['-q', 'f'], { form: 'quiet' }],
    [['--quiet', 'f'], { form: 'quiet' }],
    [['--json', 'f'], { form: 'json' }],
    [['--text', 'see you'], { source: { kind: 'text', text: 'see you' } }],
    [['--text', '-'], { source: { kind: 'text', text: '-' } }],
    [['-'], { source: { kind: 'stdin', name: 'stdin' } }],
    [['--name', 'a.sql', '-'], { source: { kind: 'stdin', name: 'a.sql' } }],
    [['f', '--receivers', '2', 'g'], { source: { kind: 'paths', paths: ['f', 'g'] }, receivers: 2 }],
    [['--', '--json'], { source: { kind: 'paths', paths: ['--json'] } }],
    [['./-'], { source: { kind: 'paths', paths: ['./-'] } }],
  ])('%j', (args, settings) => {
    expect(run(args)).toMatchObject(settings);
  });

  it('may stand in the environment, where the flag wins and empty is not set', () => {
    const env = { RELAY_ADDRESS: 'r.example:7', RELAY_CODE: '1234-olive-basic' };
    expect(run(['f'], env)).toMatchObject({
      relay: { host: 'r.example', port: 7, tls: undefined },
      code: '1234-olive-basic',
    });
    const args = ['--relay', 'other:8', '--code', '9999-zoo-zone', 'f'];
    expect(run(args, env)).toMatchObject({
      relay: { host: 'other', port: 8, tls: undefined },
      code: '9999-zoo-zone',
    });
    expect(run(['f'], { RELAY_ADDRESS: '', RELAY_CODE: '' })).toEqual(run(['f']));
  });
});

it('takes the authorities from RELAY_CA, which may be set without TLS', () => {
  const env = { RELAY_CA: 'ca.pem', RELAY_ADDRESS: 'relays://r' };
  expect(run(['f'], env).relay).toEqual({ host: 'r', port: 4000, tls: { caFile: 'ca.pem' } });
  expect(run(['--ca', 'other.pem', 'f'], env).relay.tls).toEqual({ caFile: 'other.pem' });
  expect(run(['f'], { RELAY_CA: 'ca.pem' }).relay.tls).toBeUndefined();
  expect(run(['f'], { ...env, RELAY_CA: '' }).relay.tls).toEqual({ caFile: undefined });
});

it('takes the token from RELAY_TOKEN alone, and never repeats it', () => {
  expect(run(['f'], { RELAY_TOKEN: 'T.o-k_1' }).token).toBe('T.o-k_1');
  expect(run(['f'], { RELAY_TOKEN: '' }).token).toBeUndefined();
  for (const token of ['secret word', `secret${'x'.repeat(60)}`, 'secret\n', 'secret=']) {
    const result = parse(['f'], { RELAY_TOKEN: token });
    expect(result).toMatchObject({ kind: 'exit', code: 2 });
    expect(JSON.stringify(result)).toMatch(/RELAY_TOKEN: that is not a token/);
    expect(JSON.stringify(result)).not.toContain('secret');
  }
  expect(parse(['--token=secret', 'f'])).toMatchObject({ code: 2 });
  expect(JSON.stringify(parse(['--token=secret', 'f']))).not.toContain('secret');
});

describe('bad usage', () => {
  it.each<[args: string[], message: string]>([
    [[], 'name what to send: paths, - for standard input, or --text. See relay-send --help.'],
    [[''], 'one of the paths is empty. For the current directory write a dot.'],
    [['-', 'f'], '- is standard input and goes alone. For a file of that name write ./-.'],
    [['--text', 'x', 'f'], '--text goes alone: send files with a command of their own.'],
    [['--text', ''], '--text: that is not a text with something in it.'],
    [['--name', 'x', 'f'], '--name is for standard input only: give - as the path.'],
    [['--name', 'a/b', '-'], '--name: that is not a file name of at most 255 bytes, without a slash.'],
    [['--name', '..', '-'], '--name: that is not a file name of at most 255 bytes, without a slash.'],
    [['--receivers', '0', 'f'], '--receivers: that is not a whole number from 1 to 16.'],
    [['--receivers', '17', 'f'], '--receivers: that is not a whole number from 1 to 16.'],
    [['--receivers'], '--receivers: its value is missing, a whole number from 1 to 16.'],
    [
      ['--receivers', '2', '-'],
      'standard input can be read once, so it goes to one receiver. Send a file instead.',
    ],
    [['--quiet', '--json', 'f'], '--quiet and --json exclude each other: give one of them.'],
    [['--completion', 'tcsh'], '--completion: that is not one of bash, zsh, fish.'],
    [
      ['--tls', '--relay', 'relay://r', 'f'],
      '--tls and relay:// exclude each other: write relays://, or leave --tls out.',
    ],
    [['--ca', 'x', 'f'], '--ca is for TLS: give --tls too, or write relays:// before the relay.'],
    [['--ca', '', '--tls', 'f'], '--ca: that is not a path.'],
    [['--relays', 'x', 'f'], 'there is no option --relays. Did you mean --relay? See relay-send --help.'],
    [['-z', 'f'], 'there is no option -z. See relay-send --help.'],
  ])('%j', (args, message) => {
    expect(parse(args)).toEqual({ kind: 'exit', code: 2, stdout: '', stderr: `relay-send: ${message}\n` });
  });

  it.each([
    '',
    ':1',
    'a:',
    'a:0',
    'a:65536',
    '::1',
    '::1:4000',
    '[::1',
    'a b:1',
    'http://a:1',
    'relays:a',
    'relays://',
    'relays://a/b',
    'RELAYS://a',
  ])('is a relay of %j', (relay) => {
    const stderr = `relay-send: --relay: that is not an address such as relay.example.com:4000, relays://relay.example.com or [::1]:4000.\n`;
    expect(parse([`--relay=${relay}`, 'f'])).toMatchObject({ code: 2, stderr });
  });

  it('names the variable that it stands in', () => {
    expect(parse(['f'], { RELAY_ADDRESS: '!' })).toMatchObject({
      stderr: expect.stringContaining('--relay (from RELAY_ADDRESS): that is not') as unknown,
    });
    expect(parse(['f'], { RELAY_CODE: '12-olive-basic' })).toMatchObject({
      stderr: expect.stringMatching(/^relay-send: RELAY_CODE: A code starts with 4 to 20 digits/) as unknown,
    });
  });

  it('never repeats a code', () => {
    for (const args of [
      ['--code', '12-secretword-olive', 'f'],
      ['--code=1234-secretword', 'f'],
      ['--coed=1234-secretword-olive', 'f'],
      ['--1234-secretword', 'f'],
      ['--code=1234-secretword-olive', '--receivers=1234-secretword'],
    ]) {
      const result = parse(args);
      expect(result).toMatchObject({ kind: 'exit', code: 2, stdout: '' });
      expect(JSON.stringify(result)).not.toContain('secretword');
    }
  });
});

describe('--help', () => {
  const help = parse(['--help']);

  it('fits a screen of 80x24', () => {
    if (help.kind !== 'exit') throw new Error('runs');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    const lines = help.stdout.split('\n');
    expect(lines.length).toBeLessThan(24);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(help.stdout).toContain('RELAY_TOKEN');
    expect(help.stdout).toContain('Examples:');
  });

  it('says that --quiet tells the code', () => {
    if (help.kind !== 'exit') throw new Error('runs');
    expect(help.stdout).toMatch(/--quiet +say nothing but the code, and errors$/m);
  });

  it('is an answer also where nothing is named to send, as --version is', () => {
    expect(parse(['--version'])).toEqual({ kind: 'exit', code: 0, stdout: '1.2.3\n', stderr: '' });
  });
});
