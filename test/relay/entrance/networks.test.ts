import { describe, expect, it } from 'vitest';
import { Networks, parseNetwork } from '../../../src/relay/entrance/networks.js';

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.0.0.0/8', '::ffff:10.1.2.3', '::ffff:11.1.2.3'],
    ['10.1.2.3', '10.1.2.3', '10.1.2.4'],
    ['10.1.2.3/32', '10.1.2.3', '10.1.2.2'],
    // The host's own bits do not count.
    ['10.1.2.3/8', '10.9.9.9', '9.1.2.3'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
    ['::1', '::1', '127.0.0.1'],
    ['fe80::/10', 'fe80::1%eth0', 'fec0::1'],
    ['::ffff:10.0.0.0/104', '10.1.2.3', '11.1.2.3'],
    ['0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
  ])('%s has %s and not %s', (network, inside, outside) => {
    const networks = new Networks([network]);
    expect([networks.has(inside), networks.has(outside)]).toEqual([true, false]);
  });

  it('are as many as are given', () => {
    const networks = new Networks(['10.0.0.0/8', '192.168.0.1', '2001:db8::/32']);
    const addresses = ['10.0.0.1', '192.168.0.1', '192.168.0.2', '2001:db8::9', undefined];
    expect(addresses.map((address) => networks.has(address))).toEqual([true, true, false, true, false]);
  });

  it.each([
    '',
    'proxy',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '::/129',
    '::1%lo',
    '1.2.3.4/ 8',
  ])('are not written %j', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
    expect(() => new Networks(['10.0.0.0/8', text])).toThrow(RangeError);
  });
});
