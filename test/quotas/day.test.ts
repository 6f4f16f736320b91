import { describe, expect, it } from 'vitest';
import { quotaDay } from '../../src/quotas/day.js';

const at = (text: string): number => Date.parse(text);
const day = (text: string): number => at(`${text}T00:00:00Z`) / 86_400_000;

/** Which of these times of a clock, shown one after the other, start counts afresh. */
function resets(...times: readonly string[]): number[] {
  let counted = day('2026-11-21');
  return times.flatMap((time, index) => {
    const { day: next, isNew } = quotaDay(counted, at(time));
    counted = next;
    return isNew ? [index] : [];
  });
}

it('begins with the day of the clock', () => {
  expect(quotaDay(undefined, at('2026-11-21T13:00:00Z'))).toEqual({ day: day('2026-11-21'), isNew: true });
});

it('starts afresh at midnight UTC, to the millisecond', () => {
  expect(resets('2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00.000Z')).toEqual([1]);
});

describe('a clock that steps', () => {
  it('back an hour over midnight starts nothing afresh, then or at the second midnight', () => {
    const times = ['2026-11-21T23:59:00Z', '2026-11-22T00:30:00Z', '2026-11-21T23:30:00Z'];
    const later = ['2026-11-22T00:00:00Z', '2026-11-22T12:00:00Z', '2026-11-23T00:00:00Z'];
    expect(resets(...times, ...later)).toEqual([1, 5]);
  });

  it('forward an hour over midnight starts afresh once, also where it is set back later', () => {
    const times = ['2026-11-21T23:10:00Z', '2026-11-22T00:10:00Z', '2026-11-21T23:11:00Z'];
    expect(resets(...times, '2026-11-22T00:00:00Z', '2026-11-22T00:11:00Z')).toEqual([1]);
  });

  it('within a day changes nothing', () => {
    expect(resets('2026-11-21T12:00:00Z', '2026-11-21T11:00:00Z', '2026-11-21T13:00:00Z')).toEqual([]);
  });

  it('and was years ahead, starts afresh at its next midnight after it is set right', () => {
    const times = ['2099-01-01T05:00:00Z', '2026-11-21T12:00:00Z', '2026-11-21T23:59:59Z'];
    expect(resets(...times, '2026-11-22T00:00:00Z')).toEqual([0, 3]);
  });
});
