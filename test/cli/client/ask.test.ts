import { describe, expect, it } from 'vitest';
import { askToAgree } from '../../../src/cli/client/agree.js';
import { ask } from '../../../src/cli/client/ask.js';
import { askCode, completeCode } from '../../../src/cli/client/ask-code.js';
import type { ReceivePlan } from '../../../src/transfer/landing.js';
import { columnsOf } from '../../../src/transfer/printable.js';
import { ACTIVE, Keyboard, Screen } from './fakes.js';

const EVIL = 'a\u001B[2J\u202Egpj.exe';

function person() {
  const input = new Keyboard();
  const output = new Screen({ isTTY: true });
  const controller = new AbortController();
  return { input, output, controller, question: { input, output, signal: controller.signal } };
}

const PLAN: ReceivePlan = {
  offer: { kind: 'files', names: [EVIL, 'b'], entries: 3, bytes: 1.2e9 },
  existing: [],
  freeBytes: 5e9,
  directory: './',
};

describe('a question', () => {
  it('has the line that was typed, or nothing where the input ends', async () => {
    const one = person();
    one.input.write('yes\n');
    expect(await ask('? ', one.question)).toBe('yes');
    const two = person();
    two.input.end();
    expect(await ask('? ', two.question)).toBeUndefined();
  });

  it('ends with the signal, before it and while it stands', async () => {
    const { controller, question, input } = person();
    const asked = ask('? ', question);
    controller.abort(new Error('Stopped.'));
    await expect(asked).rejects.toThrow('Stopped.');
    await expect(ask('? ', question)).rejects.toThrow('Stopped.');
    expect(input.listenerCount('data')).toBe(0);
  });
});

describe('to agree', () => {
  it('shows names escaped, how many, how much and where', async () => {
    const { input, output, question } = person();
    input.write('y\n');
    expect(await askToAgree(PLAN, 'refuse', question)).toBe(true);
    expect(output.text).toBe('  a\\u{1b}[2J\\u{202e}gpj.exe\n  b\nReceive 3 items (1.2 GB) into ./? [Y/n] ');
    expect(output.text).not.toMatch(ACTIVE);
  });

  it.each([
    ['y', true],
    [' YES ', true],
    ['', true],
    ['  ', true],
    ['n', false],
    ['yeah', false],
    ['o', false],
  ])('takes %j for %s', async (typed, answer) => {
    const { input, question } = person();
    input.write(`${typed}\n`);
    expect(await askToAgree(PLAN, 'refuse', question)).toBe(answer);
  });

  it('takes the end of the input for a no', async () => {
    const { input, question } = person();
    input.end();
    expect(await askToAgree(PLAN, 'refuse', question)).toBe(false);
  });

  it.each([
    ['o', 'overwrite'],
    ['Overwrite', 'overwrite'],
    ['r', 'rename'],
    ['rename', 'rename'],
    ['y', false],
    ['', false],
    ['n', false],
  ])('where something is there already takes %j for %s', async (typed, answer) => {
    const { input, output, question } = person();
    input.write(`${typed}\n`);
    expect(await askToAgree({ ...PLAN, existing: [EVIL] }, 'refuse', question)).toBe(answer);
    expect(output.text).toContain('\nAlready there: a\\u{1b}[2J\\u{202e}gpj.exe.\n');
    expect(output.text).toMatch(/into \.\/\? \[o\]verwrite, \[r\]ename, \[N\]o: $/);
  });

  it.each([
    ['overwrite', 'Already there, to be replaced: b.', '[y/N]', false],
    ['rename', 'Already there, so it gets another name: b.', '[Y/n]', true],
  ] as const)(
    'asks only yes or no with --%s, and Enter overwrites nothing',
    async (whenExists, line, keys, enter) => {
      const { input, output, question } = person();
      input.write('y\n');
      expect(await askToAgree({ ...PLAN, existing: ['b'] }, whenExists, question)).toBe(true);
      expect(output.text).toContain(line);
      expect(output.text).toContain(keys);
      input.write('\n');
      expect(await askToAgree({ ...PLAN, existing: ['b'] }, whenExists, question)).toBe(enter);
    },
  );

  it('shows ten names, and says where there is no room', async () => {
    const { input, output, question } = person();
    input.write('n\n');
    const names = Array.from({ length: 1_012 }, (_, i) => `n${i}`);
    const plan = { ...PLAN, offer: { ...PLAN.offer, names, entries: 1_012 }, freeBytes: 1e9 };
    await askToAgree(plan, 'refuse', question);
    expect(output.text).toContain('  n9\n  and 1,002 more\nOnly 1.0 GB are free: that is not enough.\n');
  });

  it('the offer shows sizes, and hidden names first', async () => {
    const { input, output, question } = person();
    input.write('n\n');
    const offer = {
      kind: 'files',
      names: ['b', EVIL, '.bashrc'],
      sizes: [1e9, 2e8, 3_100],
      entries: 5,
      bytes: 1.2e9,
    } as const;
    await askToAgree({ ...PLAN, offer }, 'refuse', question);
    expect(output.lines).toEqual([
      '  .bashrc (3.1 kB)',
      '  b (1.0 GB)',
      '  a\\u{1b}[2J\\u{202e}gpj.exe (200 MB)',
    ]);
  });

  it('fits a terminal of 40 columns, a name in a line', async () => {
    const input = new Keyboard();
    const output = new Screen({ isTTY: true, columns: 40 });
    input.write('n\n');
    const offer = {
      kind: 'files',
      names: [`${'写真 '.repeat(30)}.jpg`],
      sizes: [4e8],
      entries: 1,
      bytes: 4e8,
    } as const;
    const plan = { ...PLAN, offer, existing: ['a b'], directory: '/home/ada/Downloads' };
    await askToAgree(plan, 'refuse', { input, output, signal: new AbortController().signal });
    expect(output.text).toMatch(/^ {2}写真 .*….*\.jpg \(400 MB\)$/m);
    for (const line of output.text.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(40);
    expect(output.text).toContain(
      'Receive 1 item (400 MB) into\n/home/ada/Downloads? [o]verwrite,\n[r]ename, [N]o: ',
    );
  });

  it('says that a stream has no known size', async () => {
    const { input, output, question } = person();
    input.write('n\n');
    const offer = { kind: 'stream', names: ['s'], entries: 1, bytes: undefined } as const;
    await askToAgree({ ...PLAN, offer }, 'refuse', question);
    expect(output.text).toContain(
      'Its size is not known; 5.0 GB are free.\nReceive a stream of unknown size into ./?',
    );
  });

  it('asks nothing for a short text, which is only shown, but does for a long one', async () => {
    const { input, output, question } = person();
    const text = (bytes: number) => ({
      ...PLAN,
      offer: { kind: 'text', names: [], entries: 1, bytes } as const,
    });
    expect(await askToAgree(text(12), 'refuse', question)).toBe(true);
    expect(output.text).toBe('');
    input.write('n\n');
    expect(await askToAgree(text(70_000), 'refuse', question)).toBe(false);
    expect(output.text).toBe('Receive a text (70 kB) into ./? [Y/n] ');
  });
});

describe('for the code', () => {
  it('goes on until it is one', async () => {
    const { input, output, question } = person();
    const asked = askCode(question);
    input.write('1234\n');
    await expect.poll(() => output.text).toContain('A code has two words or more');
    input.write('1234 OLIVE basi\n');
    expect(await asked).toEqual({ code: '1234-olive-basic', hint: undefined });
  });

  it('a word that is not in the list is asked for again, and Enter takes it as it is', async () => {
    const { input, output, question } = person();
    const asked = askCode(question);
    input.write('1234-olvie-basic\n');
    await expect.poll(() => output.text).toContain('Word 1 of the code is not in the list');
    expect(output.text.replaceAll(/\s+/g, ' ')).toContain('Enter takes it as it is.');
    input.write('\n');
    expect(await asked).toEqual({ code: '1234-olvie-basic', hint: undefined });
  });

  it('a word that is not in the list can be mended where it stands', async () => {
    const { input, output, question } = person();
    const asked = askCode(question, '1234-olive-basci');
    await expect.poll(() => output.text).toMatch(/^Word 2 of the code [^]*1234-olive-basci/);
    for (const key of '\b\bic\n') input.write(key === '\b' ? '\u007F' : key);
    expect(await asked).toEqual({ code: '1234-olive-basic', hint: undefined });
  });

  it('gives up where nothing is typed, or nothing more comes', async () => {
    for (const end of [(keys: Keyboard) => keys.write('\n'), (keys: Keyboard) => keys.end()]) {
      const { input, question } = person();
      end(input);
      expect(await askCode(question)).toBeUndefined();
    }
  });

  it('completes words with Tab', async () => {
    const { input, output, question } = person();
    const asked = askCode(question);
    // Key by key: what comes in one piece is taken for pasted, and a tab in it for a tab.
    for (const key of '1234-oliv\t-basi\t') input.write(key);
    await expect.poll(() => output.text).toMatch(/basic$/);
    expect(output.text).toContain('olive');
    input.write('\n');
    expect(await asked).toMatchObject({ code: '1234-olive-basic' });
  });

  it('takes Ctrl-C for an interrupt', async () => {
    const { input, question, controller } = person();
    const onInterrupt = () => controller.abort(new Error('Stopped.'));
    const asked = askCode({ ...question, onInterrupt });
    input.write('12\u0003');
    await expect(asked).rejects.toThrow('Stopped.');
  });

  it.each([
    ['1234-oliv', ['olive'], 'oliv'],
    ['1234 OLIV', ['olive'], 'OLIV'],
    ['1234-olive-zo', ['zone', 'zoo'], 'zo'],
    ['1234-', [], ''],
    ['1234-a', [], 'a'],
    ['oliv', [], 'oliv'],
    ['12', [], '12'],
    ['1234-xyz', [], 'xyz'],
  ])('completes %j with %j', (line, completions, of) => {
    expect(completeCode(line)).toEqual([completions, of]);
  });
});
