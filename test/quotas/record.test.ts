import { describe, expect, it } from 'vitest';
import { formatQuota, mergeQuota, parseQuota, type QuotaRecord, usedBy } from '../../src/quotas/record.js';

const DAY_MS = 86_400_000;
const DAY = 20_000;
const NOON = DAY * DAY_MS + DAY_MS / 2;
const KEY = Buffer.alloc(32, 7);

const pending = (day: number, ...bytes: [string, number][]) => ({ day, bytes: new Map(bytes) });

function merge(
  record: QuotaRecord | undefined,
  counts: ReturnType<typeof pending>,
  wallMs = NOON,
): QuotaRecord {
  return mergeQuota(record, counts, wallMs, () => KEY);
}

describe('what is kept of quotas', () => {
  it('adds up over the day', () => {
    const first = merge(undefined, pending(DAY, ['a', 5], ['b', 1]));
    const second = merge(first, pending(DAY, ['a', 7]));
    expect([usedBy(second, 'a'), usedBy(second, 'b'), usedBy(second, 'c')]).toEqual([12, 1, 0]);
    expect(second.day).toBe(DAY);
  });

  it('begins afresh with a new day, and another key', () => {
    const old = { ...merge(undefined, pending(DAY, ['a', 5])), key: Buffer.alloc(32, 9) };
    const next = merge(old, pending(DAY + 1, ['a', 2]), NOON + DAY_MS);
    expect(usedBy(next, 'a')).toBe(2);
    expect(next.key).toEqual(KEY);
  });

  it('leaves out what was counted yesterday', () => {
    expect(usedBy(merge(undefined, pending(DAY, ['a', 5]), NOON + DAY_MS), 'a')).toBe(0);
    const next = merge(undefined, pending(DAY + 1, ['b', 5]), NOON + DAY_MS);
    expect(usedBy(merge(next, pending(DAY, ['a', 5]), NOON + DAY_MS), 'a')).toBe(0);
  });

  it('does not come back when a clock is set back over midnight', () => {
    const yesterday = merge(undefined, pending(DAY, ['a', 5]));
    const justBefore = (DAY + 1) * DAY_MS - 1000;
    const next = merge(yesterday, pending(DAY + 1, ['a', 2]), justBefore);
    expect([next.day, usedBy(next, 'a')]).toEqual([DAY + 1, 2]);
    const later = merge(next, pending(DAY + 1), (DAY + 1) * DAY_MS + 1000);
    expect(usedBy(later, 'a')).toBe(2);
  });

  it('is counted on where a clock was years ahead', () => {
    const ahead = merge(undefined, pending(DAY + 9_000, ['a', 5]), NOON + 9_000 * DAY_MS);
    const right = merge(ahead, pending(DAY, ['a', 2]));
    expect([right.day, usedBy(right, 'a')]).toEqual([DAY, 7]);
  });

  it('is bounded: who has used least is left out', () => {
    const many = Array.from({ length: 65_537 }, (_, index): [string, number] => [`p${index}`, index + 1]);
    const record = merge(undefined, pending(DAY, ...many));
    expect(record.used.size).toBe(65_536);
    expect([usedBy(record, 'p0'), usedBy(record, 'p1')]).toEqual([0, 2]);
  });
});

describe('its file', () => {
  const record = merge(undefined, pending(DAY, ['source 192.0.2.1', 5], ['sender ana', 2 ** 50]));
  const text = formatQuota(record);

  it('names nobody', () => {
    expect(text).toMatch(/^\{"version":1,"day":"\d{4}-\d\d-\d\d","key":"[\w-]{43}","used":\{.*\}\}\n$/);
    expect(text).not.toMatch(/192\.0|ana/);
  });

  it('is read back', () => {
    expect(parseQuota(text)).toEqual(record);
  });

  it.each([
    ['nothing', ''],
    ['half of it', text.slice(0, -20)],
    ['another version', text.replace('"version":1', '"version":2')],
    ['no date', text.replace(/"day":"[^"]*"/, '"day":"soon"')],
    ['no key', text.replace(/"key":"[^"]*"/, '"key":""')],
    ['a negative count', text.replace(/:5[,}]/, ':-5}')],
    ['no count', text.replace(/:5\b/, ':"5"')],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is damaged with %s', (_, damaged) => {
    expect(parseQuota(damaged)).toBeUndefined();
  });
});
