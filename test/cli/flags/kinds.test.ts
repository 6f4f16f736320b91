import { describe, expect, it } from 'vitest';
import { duration, oneOf, size, someOf, SWITCH, wholeNumber } from '../../../src/cli/flags/kinds.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/cli/flags/units.js';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['1ms', 1],
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('reads %s as %d ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    '10',
    's',
    '1.5s',
    '-1s',
    '+1s',
    '1e3s',
    ' 1s',
    '1s ',
    '1 s',
    '1d',
    '1S',
    '10sec',
    '1m30s',
    '1s\n',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('refuses more digits than any duration has', () => {
    expect(parseDuration(`${'0'.repeat(200)}1s`)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [10_000, '10s'],
    [90_000, '90s'],
    [60_000, '1m'],
    [7_200_000, '2h'],
  ])('writes %d ms as %s, which reads back', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBe(milliseconds);
  });
});

describe('parseSize and formatSize', () => {
  it.each([
    ['0B', 0],
    ['1B', 1],
    ['1023B', 1023],
    ['500kB', 500_000],
    ['1KiB', 1024],
    ['10MB', 10_000_000],
    ['3MiB', 3 * 2 ** 20],
    ['1GB', 1e9],
    ['2GiB', 2 ** 31],
    ['4TB', 4e12],
    ['1TiB', 2 ** 40],
  ])('read %s as %d bytes, and write it so', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
    expect(formatSize(bytes)).toBe(text);
  });

  it.each([
    '',
    '10',
    'B',
    '1.5MB',
    '-1B',
    '+1B',
    '1e3B',
    '1 MB',
    ' 1B',
    '1B\n',
    '1mb',
    '1KB',
    '1kiB',
    '1iB',
    '1M',
  ])('refuse %j', (text) => expect(parseSize(text)).toBeUndefined());

  it('refuse more digits than a number holds', () => {
    expect(parseSize(`${'9'.repeat(16)}B`)).toBeUndefined();
  });
});

describe('kinds of values', () => {
  it('keeps sizes to their range, and names it in units', () => {
    const kind = size({ min: 1024, max: 2 ** 40 });
    expect(['1023B', '1KiB', '1TiB', '2TiB'].map(kind.read)).toEqual([undefined, 1024, 2 ** 40, undefined]);
    expect(kind.expected).toBe('a size from 1KiB to 1TiB, such as 500kB, 10MB or 2GiB');
  });

  it('takes a size that is off, or has a least one', () => {
    const kind = size({ min: 0, leastOn: 1000, max: 1e6 });
    const texts = ['0B', '0MB', '1B', '999B', '1kB', '1MB'];
    expect(texts.map(kind.read)).toEqual([0, 0, undefined, undefined, 1000, 1e6]);
    expect(kind.expected).toBe('a size from 1kB to 1MB, such as 500kB, 10MB or 2GiB, or 0B');
  });

  it('takes a switch written out in one of four ways', () => {
    expect(['true', '1', 'yes', 'on'].map(SWITCH.read)).toEqual([true, true, true, true]);
    expect(['false', '0', 'no', 'off'].map(SWITCH.read)).toEqual([false, false, false, false]);
    expect(['', 'TRUE', '2', 'y'].map(SWITCH.read)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('keeps durations and numbers to their range, both ends included', () => {
    const time = duration({ min: 1, max: 2_000 });
    expect(['0s', '1ms', '2s', '2001ms'].map(time.read)).toEqual([undefined, 1, 2_000, undefined]);
    const number = wholeNumber({ min: 1, max: 9 });
    expect(['0', '1', '9', '10'].map(number.read)).toEqual([undefined, 1, 9, undefined]);
  });

  it('takes a choice in its exact spelling only', () => {
    const choice = oneOf('<x>', ['json', 'auto']);
    expect(['json', 'JSON', '', 'toString'].map(choice.read)).toEqual([
      'json',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('some of a few words', () => {
  const some = someOf('<x>', ['line', 'web']);

  it.each([
    ['line', ['line']],
    ['web,line', ['web', 'line']],
    ['line, web', ['line', 'web']],
    ['line,line', ['line']],
  ])('takes %j', (text, words) => expect(some.read(text)).toEqual(words));

  it.each(['', 'Line', 'line,', ',line', 'line;web', 'line,banana'])('does not take %j', (text) =>
    expect(some.read(text)).toBeUndefined(),
  );
});
