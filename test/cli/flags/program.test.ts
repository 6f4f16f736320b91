import { describe, expect, it } from 'vitest';
import { type CommandLine, flagLike, readCommandLine } from '../../../src/cli/flags/command-line.js';
import { completionScript, SHELLS } from '../../../src/cli/flags/completion.js';
import { readConfigFile } from '../../../src/cli/flags/config-file.js';
import type { Flag } from '../../../src/cli/flags/flag.js';
import { givenOf, readAll, type Sources } from '../../../src/cli/flags/given.js';
import { SWITCH, wholeNumber } from '../../../src/cli/flags/kinds.js';
import { settingsOf } from '../../../src/cli/flags/main.js';
import { describedBehind, describedBelow, type Program } from '../../../src/cli/flags/program.js';
import { DISCREET, REPEATING } from '../../../src/cli/flags/wording.js';

/** One row each: all else follows. */
const FLAGS = {
  lives: {
    flag: '-l, --cat-lives',
    kind: wholeNumber({ min: 1, max: 9 }),
    about: 'how many lives',
    fallback: '9',
    variable: 'RELAY_CAT_LIVES',
    inFile: true,
  },
  sleeps: { flag: '--sleeps', kind: SWITCH, about: 'it sleeps', variable: 'RELAY_SLEEPS', inFile: true },
  code: { flag: '--code', kind: wholeNumber({ min: 0, max: 1 }), about: 'a secret' },
} satisfies Record<string, Flag>;

const CAT: Program<typeof FLAGS> = {
  name: 'cat',
  usage: '[options]',
  about: 'A cat.',
  flags: FLAGS,
  operands: 'paths',
  describe: describedBehind,
  wording: REPEATING,
  epilogue: 'Meow.',
};

function line(words: readonly string[], program: Program = CAT): CommandLine {
  const read = readCommandLine(program, words);
  if ('stdout' in read) throw new Error('only prints');
  return read;
}

function given(words: readonly string[], sources: Partial<Sources> = {}) {
  return givenOf(CAT, { typed: line(words).typed, env: {}, ...sources });
}

function said(words: readonly string[], program: Program): string {
  const settings = settingsOf(program, words, '1.2.3', ({ typed }) => givenOf(CAT, { typed, env: {} }));
  return 'kind' in settings ? settings.stdout + settings.stderr : '';
}

describe('a row', () => {
  it('is an option with a short form, and a switch', () => {
    expect(given(['-l', '7', '--sleeps', 'a']).value('lives')).toBe(7);
    expect(given(['--cat-lives=7', '--sleeps']).value('sleeps')).toBe(true);
    expect(given([]).value('sleeps')).toBeUndefined();
  });

  it('is a variable, and a key in a file; the flag wins, then the variable', () => {
    const format = { flags: FLAGS, program: 'cat', namedBy: '--config' };
    const source = new TextEncoder().encode('cat-lives = 3\nsleeps = true\ncode = 1\ncat-live = 1');
    const { given: file, problems } = readConfigFile(format, 'cat.toml', () => source);
    const env = { RELAY_CAT_LIVES: '5', RELAY_SLEEPS: '' };
    expect(given(['-l7'], { env, file }).of('lives')).toEqual({ text: '7', from: 'flag' });
    expect(given([], { env, file }).of('lives')).toEqual({ text: '5', from: 'RELAY_CAT_LIVES' });
    expect(given([], { file }).of('lives')).toEqual({ text: '3', from: 'cat.toml:1' });
    expect(given([], { env, file }).value('sleeps')).toBe(true);
    expect(problems).toEqual([
      'cat.toml:3: there is no setting "code". See cat --help: they are named as the flags.',
      'cat.toml:4: there is no setting "cat-live". Did you mean cat-lives?',
    ]);
  });

  it('stands in --help with its default and its variable, in either form', () => {
    expect(said(['--help'], CAT)).toMatch(
      /-l, --cat-lives <n> +how many lives \(RELAY_CAT_LIVES, else 9\)\n/,
    );
    expect(said(['--help'], { ...CAT, describe: describedBelow })).toMatch(
      /how many lives\n +\(default: 9, RELAY_CAT_LIVES\)\n/,
    );
    expect(said(['--version'], CAT)).toBe('1.2.3\n');
  });

  it.each(SHELLS)('is completed in %s', (shell) => {
    expect(completionScript(CAT, shell)).toMatch(/cat-lives.*\n.*sleeps|cat-lives.*sleeps/s);
  });

  it('is what a name that is nearly its own resembles', () => {
    expect(flagLike('--cat-live', FLAGS)).toBe(FLAGS.lives);
    expect(flagLike('--dog', FLAGS)).toBeUndefined();
  });
});

describe('what is wrong', () => {
  it('is said when it is asked for, or all at once, and names the flag and where it was given', () => {
    const bad = given(['-l', 'x'], { env: { RELAY_SLEEPS: 'perhaps' } });
    expect(() => bad.value('lives')).toThrow('--cat-lives: "x" is not a whole number from 1 to 9.');
    expect(readAll(FLAGS, bad)).toMatchObject({
      values: {},
      problems: [
        '--cat-lives: "x" is not a whole number from 1 to 9.',
        '--sleeps (from RELAY_SLEEPS): "perhaps" is not one of true, false, 1, 0, yes, no, on, off.',
      ],
    });
  });

  it('is a missing value or a flag that is none, in one line', () => {
    expect(said(['-l'], CAT)).toBe('cat: --cat-lives: its value is missing, a whole number from 1 to 9.\n');
    expect(said(['--sleep'], CAT)).toBe(
      "cat: unknown option '--sleep' (Did you mean --sleeps?). See cat --help.\n",
    );
  });

  it('is never repeated where it may be a secret', () => {
    const secretive = { ...CAT, wording: DISCREET };
    expect(said(['--12-olive'], secretive)).toBe('cat: there is no option like that. See cat --help.\n');
    expect(said(['--sleep=olive'], secretive)).not.toContain('olive');
    expect(() => givenOf(secretive, { typed: { code: 'olive' }, env: {} }).value('code')).toThrow(
      /^--code: that is not a whole number from 0 to 1\.$/,
    );
  });
});
