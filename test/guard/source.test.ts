import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networksOf, readSource, sourceOf } from '../../src/guard/source.js';

describe('sourceOf', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::FFFF:198.51.100.7', '198.51.100.7'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::ffff:ffff:ffff', '255.255.255.255'],
    ['::ffff:0:0', '0.0.0.0'],
    ['0:0:0:0:0:ffff:c633:6407', '198.51.100.7'],
    ['::ffff:198.51.100.7%eth0', '198.51.100.7'],
  ])('takes %s for the IPv4 address %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['0:0:1:0:5:6:7:8', '0:0:1::/64'],
    ['::1:0:0:0:0', '0:0:0:1::/64'],
    ['1::', '1::/64'],
    ['::', '::/64'],
    ['::1', '::/64'],
    ['::198.51.100.7', '::/64'],
    ['::fffe:198.51.100.7', '::/64'],
    ['::ffff:0:198.51.100.7', '::/64'],
    ['1::ffff:198.51.100.7', '1::/64'],
    ['64:ff9b::198.51.100.7', '64:ff9b::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['fe80::1%1', 'fe80::/64'],
  ])('counts %s against %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  it.each([
    undefined,
    '',
    'undefined',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4%eth0',
    ' 1.2.3.4',
    '1.2.3.4:80',
    '[::1]',
    '::1/64',
    ':::',
    '1:2:3:4:5:6:7',
    '2001:db8::1::2',
    '::g',
    '%eth0',
  ])('knows no source in %j', (address) => {
    expect(sourceOf(address)).toBeUndefined();
  });

  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  const address = fc.array(group, { minLength: 8, maxLength: 8 });
  const long = (groups: number[]) => groups.map((each) => each.toString(16).padStart(4, '0')).join(':');

  it('IPv6 /64 rotation: has one source for a whole /64, however an address is written', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        fc.pre(one.slice(0, 4).some((each) => each !== 0));
        const source = sourceOf(long(one));
        expect(sourceOf(long([...one.slice(0, 4), ...other.slice(4)]))).toBe(source);
        expect(sourceOf(new URL(`http://[${long(one)}]`).hostname.slice(1, -1).toUpperCase())).toBe(source);
      }),
    );
  });

  it('tells networks apart, and writes each in its canonical form', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        fc.pre(
          one.slice(0, 4).some((each) => each !== 0) && long(one.slice(0, 4)) !== long(other.slice(0, 4)),
        );
        expect(sourceOf(long(one))).not.toBe(sourceOf(long(other)));
        const network = new URL(`http://[${long([...one.slice(0, 4), 0, 0, 0, 0])}]`).hostname.slice(1, -1);
        expect(sourceOf(long(one))).toBe(`${network}/64`);
      }),
    );
  });
});

describe('readSource', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:3::/64', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['::/64', '::/64'],
  ])('takes %s for %s', (text, source) => {
    expect(readSource(text)).toBe(source);
  });

  it.each([
    '',
    '/64',
    '198.51.100.7/64',
    '198.51.100.0/24',
    '2001:db8::/48',
    '::1/128',
    'host',
    '::1/64/64',
    ' ::1',
  ])('knows no source %j', (text) => {
    expect(readSource(text)).toBeUndefined();
  });

  it('reads whatever sourceOf says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(readSource(sourceOf(address)!)).toBe(sourceOf(address));
      }),
    );
  });
});

describe('networksOf', () => {
  it.each([
    ['2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48'],
    ['2001:db8:1:ab02::/64', '2001:db8:1:ab00::/56', '2001:db8:1::/48'],
    ['2001:db8:1:abff::/64', '2001:db8:1:ab00::/56', '2001:db8:1::/48'],
    ['2001:db8::/64', '2001:db8:0:0::/56', '2001:db8:0::/48'],
    ['2001:db8:0:1::/64', '2001:db8:0:0::/56', '2001:db8:0::/48'],
    ['0:0:0:1::/64', '0:0:0:0::/56', '0:0:0::/48'],
    ['::/64', '0:0:0:0::/56', '0:0:0::/48'],
  ])('%s is in %s and %s', (source, ...networks) => {
    expect(sourceOf(source.replace('/64', ''))).toBe(source);
    expect(networksOf(source)).toEqual(networks);
  });

  it('an IPv4 address is in none', () => {
    expect(networksOf('198.51.100.7')).toEqual([]);
  });
});
