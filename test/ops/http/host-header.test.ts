import { describe, expect, it } from 'vitest';
import { isOwnName } from '../../../src/ops/http/host-header.js';

describe('isOwnName', () => {
  it.each([
    undefined,
    'localhost',
    'localhost:9090',
    'LocalHost.',
    'metrics.example.com',
    'Metrics.Example.com:80',
    'metrics.example.com.',
    '127.0.0.1',
    '10.1.2.3:9090',
    '[::1]',
    '[2001:db8::7]:9090',
    '[fe80::1%25eth0]:9090',
    'localhost:',
  ])('takes %j', (header) => {
    expect(isOwnName(header, 'metrics.example.com')).toBe(true);
  });

  it.each([
    '',
    ':9090',
    'example.com',
    'evil.metrics.example.com',
    'metrics.example.com.evil.com',
    'localhost.evil.com',
    'evil.localhost',
    'localhost..',
    '127.0.0.1.evil.com',
    '127.1',
    '2130706433',
    '0x7f000001',
    '[localhost]',
    '[127.0.0.1]',
    '::1',
    'localhost:80:80',
    'localhost:x',
    'a@localhost',
    ' localhost',
  ])('does not take %j', (header) => {
    expect(isOwnName(header, 'metrics.example.com')).toBe(false);
  });

  it('takes no name but localhost where it listens on an address', () => {
    expect(isOwnName('metrics.example.com', '0.0.0.0')).toBe(false);
    expect(isOwnName('localhost', '::')).toBe(true);
  });
});
