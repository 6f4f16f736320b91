import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedTable } from '../../../src/guard/table/bounded-table.js';

const LIMIT = 2;
const LASTS_MS = 100;
const BLOCK_MS = 1000;
const SHORT_BLOCK_MS = 50;

function testTable(capacity: number) {
  const clock = { now: 0, reads: 0 };
  const now = () => {
    clock.reads += 1;
    return clock.now;
  };
  return { clock, table: new BoundedTable({ capacity, limit: LIMIT, now }) };
}

describe('BoundedTable', () => {
  it('keeps an entry from its first moment to the last before its end, whatever is added', () => {
    const { clock, table } = testTable(4);
    expect(table.add('a', 1, LASTS_MS)).toEqual({ points: 1, endsAt: 100 });
    clock.now = 99;
    expect(table.add('a', 1, LASTS_MS)).toEqual({ points: 2, endsAt: 100 });
    expect(table.get('a')).toBeDefined();
    clock.now = 100;
    expect(table.get('a')).toBeUndefined();
    expect(table.add('a', 1, LASTS_MS)).toEqual({ points: 1, endsAt: 200 });
  });

  it('drops what has ended before anything that has not', () => {
    const { clock, table } = testTable(3);
    table.block('block', LIMIT + 1, 150);
    clock.now = 60;
    table.add('a', 1, LASTS_MS);
    table.add('b', 1, LASTS_MS);
    clock.now = 150;
    table.add('c', 1, LASTS_MS);
    expect(['a', 'b', 'c'].map((key) => table.get(key)?.points)).toEqual([1, 1, 1]);
    expect(table.get('block')).toBeUndefined();
  });

  it('does so with blocks that end before older counts', () => {
    const { clock, table } = testTable(2);
    table.add('count', 1, 1000);
    table.block('block', LIMIT + 1, 100);
    clock.now = 100;
    table.add('new', 1, 1000);
    expect(table.get('count')).toBeDefined();
  });

  it('then drops the oldest that is not a block, however it became one', () => {
    const { table } = testTable(4);
    table.block('blocked at once', LIMIT + 1, BLOCK_MS);
    table.add('over the limit', LIMIT, LASTS_MS);
    table.add('over the limit', 1, LASTS_MS);
    table.add('old', LIMIT, LASTS_MS);
    table.add('young', 1, LASTS_MS);
    table.add('new', 1, LASTS_MS);
    expect(table.get('old')).toBeUndefined();
    expect(table.isBlocked('blocked at once')).toBe(true);
    expect(table.isBlocked('over the limit')).toBe(true);
    expect(table.get('young')).toBeDefined();
    table.add('newer', 1, LASTS_MS);
    expect(table.get('young')).toBeUndefined();
    expect(table.get('new')).toBeDefined();
  });

  it('has no room when it holds nothing but active blocks, until the first of them ends', () => {
    const { clock, table } = testTable(2);
    table.block('a', LIMIT + 1, BLOCK_MS);
    clock.now = 1;
    table.block('b', LIMIT + 1, BLOCK_MS);
    expect(table.add('c', 1, LASTS_MS)).toBeUndefined();
    clock.now = 999;
    expect(table.add('c', 1, LASTS_MS)).toBeUndefined();
    clock.now = 1000;
    expect(table.add('c', 1, LASTS_MS)).toBeDefined();
    expect(table.isBlocked('a')).toBe(false);
    expect(table.isBlocked('b')).toBe(true);
  });

  it('clears ended entries away as keys come in, and never many at once', () => {
    const { clock, table } = testTable(1000);
    for (let key = 0; key < 1000; key += 1) table.add(`old ${key}`, 1, LASTS_MS);
    clock.now = 100;
    for (let key = 0; key < 300; key += 1) table.add(`new ${key}`, 1, LASTS_MS);
    expect(table.size).toBe(300);
  });

  it('looks at a few entries for each new key, however many there are', () => {
    const { clock, table } = testTable(20_000);
    for (let key = 0; key < 10_000; key += 1) table.block(`block ${key}`, LIMIT + 1, BLOCK_MS);
    clock.reads = 0;
    for (let key = 0; key < 30_000; key += 1) table.add(`flood ${key}`, 1, LASTS_MS);
    expect(table.size).toBe(20_000);
    expect(clock.reads / 30_000).toBeLessThan(6);
    clock.now = 100;
    clock.reads = 0;
    table.add('after all ended', 1, LASTS_MS);
    expect(clock.reads).toBeLessThan(12);
  });

  it('does what a list does that is searched from end to end', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ does: fc.constant('add' as const), key }),
      fc.record({ does: fc.constant('add' as const), key }),
      fc.record({ does: fc.constant('block' as const), key }),
      fc.record({ does: fc.constant('delete' as const), key }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 49, 50, 99, 100, 1000) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(BLOCK_MS, SHORT_BLOCK_MS),
        fc.array(step, { maxLength: 60 }),
        (capacity, blockMs, steps) => {
          const { clock, table } = testTable(capacity);
          let model: { key: string; points: number; endsAt: number }[] = [];
          const start = (key: string, points: number, lastsMs: number) => {
            model = model.filter((entry) => entry.key !== key && entry.endsAt > clock.now);
            if (model.length === capacity) {
              const oldest = model.find((entry) => entry.points <= LIMIT);
              if (oldest === undefined) return undefined;
              model.splice(model.indexOf(oldest), 1);
            }
            model.push({ key, points, endsAt: clock.now + lastsMs });
            return { points, endsAt: clock.now + lastsMs };
          };
          for (const each of steps) {
            if (each.does === 'wait') {
              clock.now += each.ms;
            } else if (each.does === 'delete') {
              table.delete(each.key);
              model = model.filter((entry) => entry.key !== each.key);
            } else if (each.does === 'block') {
              expect(table.block(each.key, 9, blockMs)).toEqual(start(each.key, 9, blockMs));
            } else {
              const known = model.find((entry) => entry.key === each.key && entry.endsAt > clock.now);
              if (known !== undefined) known.points += 1;
              const expected = known ?? start(each.key, 1, LASTS_MS);
              const got = table.add(each.key, 1, LASTS_MS);
              expect(got && { ...got }).toEqual(
                expected && { points: expected.points, endsAt: expected.endsAt },
              );
            }
            const active = model.filter((entry) => entry.endsAt > clock.now);
            for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
              expect(table.get(name)?.points).toBe(active.find((entry) => entry.key === name)?.points);
            }
            expect(table.size).toBeLessThanOrEqual(capacity);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
