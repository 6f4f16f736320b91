import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Census } from '../../../src/relay/entrance/census.js';

describe('the census', () => {
  it('has so many places in all', () => {
    const census = new Census({ maxConnections: 2, maxConnectionsPerIp: 0 });
    expect(['a', 'b', 'c'].map((source) => census.enter(source))).toEqual([true, true, false]);
    census.leave('a');
    expect(census.enter('c')).toBe(true);
    expect(census.enter('a')).toBe(false);
  });

  it('has so many places for a source, and others do not suffer from one that is at its limit', () => {
    const census = new Census({ maxConnections: 100, maxConnectionsPerIp: 2 });
    expect([1, 2, 3].map(() => census.enter('greedy'))).toEqual([true, true, false]);
    expect(census.enter('modest')).toBe(true);
    census.leave('greedy');
    expect(census.enter('greedy')).toBe(true);
    expect(census.enter('greedy')).toBe(false);
  });

  it('has four times as many for a /56, and sixteen times for a /48', () => {
    const census = new Census({ maxConnections: 1000, maxConnectionsPerIp: 2 });
    const enter = (subnet: number, n: number): boolean =>
      census.enter(`2001:db8:1:${(subnet * 256 + n).toString(16)}::/64`);
    const entered = (subnet: number): number =>
      Array.from({ length: 9 }, (_, n) => n).filter((n) => enter(subnet, n)).length;
    expect([1, 2, 3, 4, 5].map(entered)).toEqual([8, 8, 8, 8, 0]);
    expect(census.enter('2001:db8:2::/64')).toBe(true);
    census.leave('2001:db8:1:100::/64');
    expect(enter(5, 0)).toBe(true);
    expect(enter(5, 1)).toBe(false);
  });

  it('has no limit for a source where that is 0', () => {
    const census = new Census({ maxConnections: 1000, maxConnectionsPerIp: 0 });
    for (let n = 0; n < 1000; n += 1) expect(census.enter('one')).toBe(true);
    expect(census.enter('one')).toBe(false);
  });

  it('counts nobody who was turned away', () => {
    const census = new Census({ maxConnections: 3, maxConnectionsPerIp: 1 });
    census.enter('a');
    for (let n = 0; n < 10; n += 1) census.enter('a');
    expect(census.enter('b')).toBe(true);
    expect(census.enter('c')).toBe(true);
  });

  it('gives no place away for one who leaves and is not there', () => {
    const census = new Census({ maxConnections: 1, maxConnectionsPerIp: 1 });
    census.leave('a');
    expect(census.enter('a')).toBe(true);
    census.leave('b');
    expect(census.enter('b')).toBe(false);
  });

  it('counts right, whoever comes and goes', () => {
    const step = fc.record({ source: fc.constantFrom('a', 'b', 'c'), enters: fc.boolean() });
    const limits = fc.record({ all: fc.integer({ min: 1, max: 5 }), each: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 50 }), ({ all, each }, steps) => {
        const census = new Census({ maxConnections: all, maxConnectionsPerIp: each });
        const inside: string[] = [];
        for (const { source, enters } of steps) {
          if (enters) {
            const own = inside.filter((other) => other === source).length;
            const fits = inside.length < all && (each === 0 || own < each);
            expect(census.enter(source)).toBe(fits);
            if (fits) inside.push(source);
          } else {
            census.leave(source);
            const at = inside.indexOf(source);
            if (at >= 0) inside.splice(at, 1);
          }
        }
      }),
    );
  });
});
