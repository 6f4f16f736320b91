import { describe, expect, it } from 'vitest';
import { count, formatBytes, formatSeconds } from '../../../src/cli/text/format.js';
import { figures, percentOf, progressLine } from '../../../src/cli/client/progress-line.js';
import { Rate } from '../../../src/cli/client/rate.js';
import { ACTIVE } from '../client/fakes.js';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [1_234_567_890, '1.2 GB'],
  [54e12, '54 TB'],
  [Number.MAX_SAFE_INTEGER, '9.0 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [-1, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [125, '2 min 5 s'],
  [3_599.6, '1 h'],
  [12_000, '3 h 20 min'],
  [86_399, '1 d'],
  [187_200, '2 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it.each([
  [1, '1 file'],
  [0, '0 files'],
  [12_345, '12,345 files'],
])('%d is %s', (number, text) => {
  expect(count(number, 'file')).toBe(text);
});

describe('the rate', () => {
  it('is unknown at first, and then that of the last five seconds', () => {
    const rate = new Rate();
    rate.add(0, 0);
    expect(rate.bytesPerSecond(0, 0)).toBeUndefined();
    for (let second = 1; second <= 20; second += 1) rate.add(second * 100, second * 1_000);
    expect(rate.bytesPerSecond(2_000, 20_000)).toBe(100);
    for (let second = 21; second <= 26; second += 1) rate.add(2_000 + (second - 20) * 1_000, second * 1_000);
    expect(rate.bytesPerSecond(8_000, 26_000)).toBe(1_000);
  });

  it('falls while nothing comes', () => {
    const rate = new Rate();
    rate.add(0, 0);
    rate.add(1_000, 1_000);
    expect(rate.bytesPerSecond(1_000, 10_000)).toBe(100);
  });

  it('does not count what was there before, nor the time of a cut', () => {
    const rate = new Rate();
    rate.add(5_000, 0);
    rate.add(6_000, 1_000);
    expect(rate.bytesPerSecond(6_000, 1_000)).toBe(1_000);
    rate.restart();
    rate.add(7_000, 60_000);
    rate.add(7_500, 61_000);
    expect(rate.bytesPerSecond(7_500, 61_000)).toBe(500);
    rate.add(0, 62_000);
    expect(rate.bytesPerSecond(0, 62_000)).toBeUndefined();
  });
});

describe('the progress line', () => {
  const progress = {
    bytes: 540e6,
    total: 1.2e9,
    path: 'photos/a.jpg',
    bytesPerSecond: 98e6,
    peer: undefined,
  };

  it('has the share, a bar, the rate, the time left and the name', () => {
    expect(progressLine(progress, 100)).toBe(
      ' 45% [#########-----------] 540 MB of 1.2 GB, 98 MB/s, 7 s left  photos/a.jpg',
    );
    expect(progressLine({ ...progress, peer: 2 }, 60)).toBe(
      '2:  45% 540 MB of 1.2 GB, 98 MB/s, 7 s left  photos/a.jpg',
    );
    expect(progressLine({ ...progress, total: undefined }, 60)).toBe('540 MB, 98 MB/s  photos/a.jpg');
  });

  it.each([1, 10, 40, 60, 79, 120])('is never wider than %d columns', (columns) => {
    for (const path of ['x'.repeat(500), 'ジ'.repeat(500), '\u001B[2J'.repeat(100), '🎉'.repeat(90)]) {
      const line = progressLine({ ...progress, path }, columns);
      expect(line.length + (line.match(/ジ/g)?.length ?? 0)).toBeLessThanOrEqual(columns);
      expect(line).not.toMatch(ACTIVE);
    }
  });

  it('says 100% only when all is over', () => {
    expect(percentOf(999_999, 1_000_000)).toBe(99);
    expect(percentOf(1_000_000, 1_000_000)).toBe(100);
    expect(percentOf(0, 0)).toBe(100);
  });

  it('has no time left where nothing comes', () => {
    expect(figures({ ...progress, bytesPerSecond: 0 })).toBe('540 MB of 1.2 GB, 0 B/s');
    expect(figures({ ...progress, bytesPerSecond: undefined })).toBe('540 MB of 1.2 GB');
  });
});
