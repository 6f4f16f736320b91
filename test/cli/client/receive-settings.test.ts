import { describe, expect, it } from 'vitest';
import { parseReceiveSettings, type ReceiveSettings } from '../../../src/cli/client/receive-settings.js';

const parse = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  parseReceiveSettings(['node', 'relay-receive', ...args], env, '1.2.3');

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): ReceiveSettings {
  const result = parse(args, env);
  if (result.kind !== 'run') throw new Error(`does not run: ${result.stderr}`);
  return result;
}

const CODE = '1234-olive-basic';

it('has defaults', () => {
  expect(run([])).toEqual({
    kind: 'run',
    relay: { host: 'localhost', port: 4000, tls: undefined },
    code: undefined,
    output: undefined,
    yes: false,
    wait: false,
    again: 'relay-receive',
    whenExists: 'refuse',
    giveUpAfterMs: 600_000,
    form: 'people',
  });
});

describe('what is given', () => {
  it.each<[args: string[], settings: Partial<ReceiveSettings>]>([
    [[CODE], { code: { code: CODE, hint: undefined } }],
    [['1234', 'OLIVE', 'basi'], { code: { code: CODE, hint: undefined } }],
    [['--yes', CODE], { yes: true }],
    [['-y', CODE], { yes: true }],
    [['-o', 'dir/'], { output: 'dir/' }],
    [['--output=-'], { output: '-' }],
    [['--output', '-', CODE], { output: '-', code: { code: CODE, hint: undefined } }],
    [['--overwrite'], { whenExists: 'overwrite' }],
    [['--rename'], { whenExists: 'rename' }],
    [['--json', '--yes'], { form: 'json' }],
    [['--quiet'], { form: 'quiet' }],
    [
      ['--relay', 'r:1', '--give-up-after', '0s'],
      { relay: { host: 'r', port: 1, tls: undefined }, giveUpAfterMs: 0 },
    ],
  ])('%j', (args, settings) => {
    expect(run(args)).toMatchObject(settings);
  });

  it('may be a code from RELAY_CODE, where the argument wins', () => {
    expect(run([], { RELAY_CODE: CODE })).toMatchObject({ code: { code: CODE } });
    expect(run(['9999-zoo-zone'], { RELAY_CODE: CODE })).toMatchObject({ code: { code: '9999-zoo-zone' } });
    expect(run([], { RELAY_CODE: '' }).code).toBeUndefined();
  });

  it('may be a code with words of nobody: with a hint', () => {
    expect(run(['1234-olvie-basic']).code?.hint).toContain('Word 1 of the code is not in the list');
  });
});

describe('bad usage', () => {
  it.each<[args: string[], message: RegExp]>([
    [['--overwrite', '--rename'], /--overwrite and --rename exclude each other: give one of them\./],
    [['--output', ''], /--output: that is not a path\./],
    [['--json', CODE], /--json is for scripts, where nobody can be asked: give --yes too\./],
    [['1234'], /the code: A code has two words or more after the digits/],
    [['--yes=1'], /.+/],
  ])('%j', (args, message) => {
    const result = parse(args);
    expect(result).toMatchObject({ kind: 'exit', code: 2, stdout: '' });
    expect(result.kind === 'exit' && result.stderr).toMatch(
      new RegExp(`^relay-receive: ${message.source}.*\\n$`),
    );
  });

  it('never repeats a code', () => {
    for (const args of [['12-secretword-olive'], ['--1234-secretword-olive'], ['--outptu=1234-secretword']]) {
      expect(parse(args)).toMatchObject({ kind: 'exit', code: 2 });
      expect(JSON.stringify(parse(args))).not.toContain('secretword');
    }
  });
});

it('has a --help that fits a screen of 80x24', () => {
  const help = parse(['-h']);
  if (help.kind !== 'exit') throw new Error('runs');
  const lines = help.stdout.split('\n');
  expect(lines.length).toBeLessThan(24);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
});

it('has a --help that leads nobody to type the code into a command line', () => {
  const help = parse(['--quiet', '--help']);
  if (help.kind !== 'exit') throw new Error('runs');
  expect(help.stdout).toMatch(/^Usage: relay-receive \[options\]$/m);
  expect(help.stdout).toContain('It asks for the code. In scripts: RELAY_CODE.');
  expect(help.stdout).toMatch(/--quiet +say nothing but errors$/m);
  expect(help.stdout).not.toMatch(/[0-9]{4,}-[a-z]/);
});
