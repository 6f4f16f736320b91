import { describe, expect, it } from 'vitest';
import { type CtlRequest, readCtl } from '../../../../src/cli/server/ctl/command-line.js';
import { UsageError } from '../../../../src/cli/flags/wording.js';

const USUAL = '/run/relay-server/control.sock';

function read(typed: string, env: NodeJS.ProcessEnv = {}) {
  return readCtl(typed === '' ? [] : typed.split(' '), env);
}

function asked(typed: string, env?: NodeJS.ProcessEnv): CtlRequest {
  const result = read(typed, env);
  if ('stdout' in result) throw new Error(`only printed: ${result.stdout}`);
  return result;
}

describe('what is typed', () => {
  const LIST = { action: 'list', method: 'GET', parameters: {} };
  it.each([
    ['list', LIST],
    ['list --limit 5', { ...LIST, parameters: { limit: '5' } }],
    ['--limit=5 list', { ...LIST, parameters: { limit: '5' } }],
    ['list --blocked', { ...LIST, action: 'blocked' }],
    ['kill abcd', { action: 'kill', method: 'POST', parameters: { room: 'abcd' } }],
    ['drain', { action: 'drain', method: 'POST', parameters: {} }],
    ['block ::1', { action: 'block', method: 'POST', parameters: { source: '::1' } }],
    [
      'block ::1 --for 2h',
      { action: 'block', method: 'POST', parameters: { source: '::1', for: '7200000' } },
    ],
    ['unblock ::1', { action: 'unblock', method: 'POST', parameters: { source: '::1' } }],
    ['reload', { action: 'reload', method: 'POST', parameters: {} }],
    ['stats', { action: 'stats', method: 'GET', parameters: {} }],
  ])('%s', (typed, request) => {
    expect(asked(typed)).toEqual({ ...request, path: USUAL, json: false });
    expect(asked(`${typed} --json`)).toEqual({ ...request, path: USUAL, json: true });
  });

  it.each([
    ['kill -abcd', '-abcd', false],
    ['kill -abcd --json', '-abcd', true],
    ['--json kill -abcd', '-abcd', true],
    ['kill --json -- -abcd', '-abcd', true],
    ['kill --abcd', '--abcd', false],
    ['kill -hello', '-hello', false],
    ['kill --jsonAB', '--jsonAB', false],
    ['kill --for', '--for', false],
    ['kill -', '-', false],
  ])('a room whose name begins with a hyphen: %s', (typed, room, json) => {
    expect(asked(typed)).toMatchObject({ action: 'kill', parameters: { room }, json });
  });

  it('an option between kill and its room stays one', () => {
    expect(asked('kill --control /a abcd')).toMatchObject({ parameters: { room: 'abcd' }, path: '/a' });
    expect(asked('kill --control=/a abcd')).toMatchObject({ parameters: { room: 'abcd' }, path: '/a' });
    expect(read('kill -h')).toHaveProperty('stdout');
  });

  it('a command of the name kill is not looked for in what an option takes', () => {
    expect(asked('list --control kill')).toMatchObject({ action: 'list', path: 'kill' });
  });
});

describe('the socket', () => {
  it.each([
    [
      'the flag',
      '/flag',
      'list --control /flag',
      { RELAY_CONTROL: '/variable', RUNTIME_DIRECTORY: '/run/x' },
    ],
    ['then the variable', '/variable', 'list', { RELAY_CONTROL: '/variable', RUNTIME_DIRECTORY: '/run/x' }],
    ['then the runtime directory', '/run/x/control.sock', 'list', { RUNTIME_DIRECTORY: '/run/x' }],
    ['an empty variable is none', USUAL, 'list', { RELAY_CONTROL: '', RUNTIME_DIRECTORY: '' }],
  ])('%s', (_, path, typed, env) => {
    expect(asked(typed, env).path).toBe(path);
  });
});

describe('bad usage', () => {
  it.each([
    ['', 'which command? One of list, kill, drain, block, unblock, reload, stats.'],
    ['lsit', '"lsit" is no command.'],
    ['blocked', '"blocked" is no command.'],
    ['kill', 'kill <room>: which one?'],
    ['kill --json', 'kill <room>: which one?'],
    ['block', 'block <source>: which one?'],
    ['unblock', 'unblock <source>: which one?'],
    ['list x', '"x" is unexpected.'],
    ['kill abcd x', '"x" is unexpected.'],
    ['kill -abcd x', 'is unexpected.'],
    ['list --for 1h', 'list takes no --for.'],
    ['kill abcd --limit 5', 'kill takes no --limit.'],
    ['stats --blocked', 'stats takes no --blocked.'],
    ['unblock ::1 --for 1h', 'unblock takes no --for.'],
    ['list --blocked --limit 5', '--limit does not go with --blocked.'],
    ['list --limit 0', '--limit: "0" is not '],
    ['list --limit -5', '--limit: "-5" is not '],
    ['block ::1 --for 5', '--for: "5" is not '],
    ['block ::1 --for', "option '--for <time>' argument missing."],
    ['list --lmit 5', "unknown option '--lmit' (Did you mean --limit?)."],
    ['list -x', "unknown option '-x'."],
  ])('%j', (typed, message) => {
    const reading = (): unknown => read(typed);
    expect(reading).toThrow(UsageError);
    expect(reading).toThrow(message);
    // In one line.
    expect(reading).toThrow(/^[^\n]+$/);
  });

  it('shows nothing that a terminal would act on', () => {
    expect(() => readCtl(['\u001b[31m'], {})).toThrow(/^[\x20-\x7e]+$/);
    expect(() => readCtl(['list', '--control', ''], {})).toThrow('--control: "" is not a path.');
  });
});

it('the help fits a terminal, and names every command and option', () => {
  const result = read('--help');
  const text = 'stdout' in result ? result.stdout : '';
  for (const word of ['list', 'kill', 'drain', 'block', 'unblock', 'reload', 'stats']) {
    expect(text).toMatch(new RegExp(`^ {2}${word} .*\\S`, 'm'));
  }
  for (const option of ['--control', '--json', '--limit', '--blocked', '--for', '--help']) {
    expect(text).toContain(option);
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
