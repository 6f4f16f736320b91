import { describe, expect, it } from 'vitest';
import { duration, formatDuration, oneOf, parseDuration, wholeNumber } from '../../src/cli/values.js';

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

describe('kinds of values', () => {
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
