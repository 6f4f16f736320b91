import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PROXY_HEADER_BYTES, parseProxyHeader } from '../../src/protocol/proxy-header.js';
import { headerV1, headerV2, headerV2Of, LOCAL_V2, UNKNOWN_V1 } from '../helpers/proxy-headers.js';

const v1 = (line: string) => parseProxyHeader(Buffer.from(`${line}\r\n`, 'latin1'));
const bytes = (...parts: number[][]): Buffer => Buffer.from(parts.flat());

const MISSING = { kind: 'invalid', problem: 'expected a PROXY header' };
const MALFORMED = { kind: 'invalid', problem: 'the PROXY header is malformed' };
const TOO_LONG = { kind: 'invalid', problem: 'the PROXY header is too long' };

const IPV4 = bytes([203, 0, 113, 9], [192, 0, 2, 1], [0xdc, 4], [0x0f, 0xa0]);
const IPV6 = bytes([0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 7], Array<number>(20).fill(1));

describe('version 1', () => {
  it.each([
    ['PROXY TCP4 203.0.113.9 192.0.2.1 56324 4000', '203.0.113.9'],
    ['PROXY TCP4 255.255.255.255 0.0.0.0 0 65535', '255.255.255.255'],
    ['PROXY TCP6 2001:db8::7 2001:db8::1 56324 4000', '2001:db8::7'],
    ['PROXY TCP6 ::ffff:203.0.113.9 ::ffff:192.0.2.1 1 2', '::ffff:203.0.113.9'],
    ['PROXY UNKNOWN', undefined],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535', undefined],
  ])('%s', (line, address) => {
    expect(v1(line)).toEqual({ kind: 'header', length: line.length + 2, address });
  });

  it.each([
    'PROXY ',
    'PROXY TCP4',
    'PROXY TCP5 203.0.113.9 192.0.2.1 1 2',
    'PROXY UDP4 203.0.113.9 192.0.2.1 1 2',
    'PROXY UNKNOWNS',
    'PROXY tcp4 203.0.113.9 192.0.2.1 1 2',
    'PROXY TCP4  203.0.113.9 192.0.2.1 1 2',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 ',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 3',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1',
    'PROXY TCP4 203.0.113.9 192.0.2.1 1 65536',
    'PROXY TCP4 203.0.113.9 192.0.2.1 -1 2',
    'PROXY TCP4 203.0.113.256 192.0.2.1 1 2',
    'PROXY TCP4 203.0.113. 192.0.2.1 1 2',
    'PROXY TCP4 203.0.113.9.1 192.0.2.1 1 2',
    'PROXY TCP4 2001:db8::7 2001:db8::1 1 2',
    'PROXY TCP6 203.0.113.9 192.0.2.1 1 2',
    'PROXY TCP6 2001:db8::7%eth0 2001:db8::1 1 2',
    'PROXY TCP4 203.0.113.9\0 192.0.2.1 1 2',
  ])('is malformed: %j', (line) => {
    expect(v1(line)).toEqual(MALFORMED);
  });

  it('ends in CR LF', () => {
    expect(parseProxyHeader(Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n'))).toEqual(MALFORMED);
  });

  it('has 107 bytes at most, and is not waited for longer', () => {
    const line = `PROXY UNKNOWN ${'x'.repeat(91)}`;
    expect(v1(line)).toEqual({ kind: 'header', length: 107, address: undefined });
    expect(parseProxyHeader(Buffer.from(line))).toEqual({ kind: 'incomplete' });
    expect(parseProxyHeader(Buffer.from(`${line}xx`))).toEqual(TOO_LONG);
    expect(v1(`${line}x`)).toEqual(TOO_LONG);
  });
});

describe('version 2', () => {
  it.each([
    ['IPv4', 0x11, IPV4, '203.0.113.9'],
    ['IPv4, over UDP', 0x12, IPV4, '203.0.113.9'],
    ['IPv6', 0x21, IPV6, '2001:db8:0:0:0:0:0:7'],
    ['a Unix socket', 0x31, Buffer.alloc(216, 0x2f), undefined],
    ['unspecified', 0x00, Buffer.alloc(0), undefined],
    ['unspecified, and something with it', 0x00, Buffer.alloc(30, 1), undefined],
  ])('%s', (_name, family, addresses, address) => {
    const header = headerV2({ family, addresses });
    expect(parseProxyHeader(header)).toEqual({ kind: 'header', length: header.length, address });
  });

  it('LOCAL is the proxy itself, whatever addresses come with it', () => {
    expect(parseProxyHeader(LOCAL_V2)).toEqual({ kind: 'header', length: 16, address: undefined });
    for (const family of [0x11, 0x21, 0xff]) {
      const header = headerV2({ command: 0x20, family, addresses: IPV4 });
      expect(parseProxyHeader(header)).toEqual({ kind: 'header', length: 28, address: undefined });
    }
  });

  it('passes over extensions, to a bound', () => {
    const most = MAX_PROXY_HEADER_BYTES - 28;
    expect(parseProxyHeader(headerV2Of('203.0.113.9', most))).toEqual({
      kind: 'header',
      length: MAX_PROXY_HEADER_BYTES,
      address: '203.0.113.9',
    });
    const tooLong = headerV2Of('203.0.113.9', most + 1);
    expect(parseProxyHeader(tooLong)).toEqual(TOO_LONG);
    // As soon as it is told.
    expect(parseProxyHeader(tooLong.subarray(0, 16))).toEqual(TOO_LONG);
  });

  it.each([
    ['version 1 of the binary form', { command: 0x11, addresses: IPV4 }],
    ['version 3', { command: 0x31, addresses: IPV4 }],
    ['an unknown command', { command: 0x22, addresses: IPV4 }],
    ['an unknown family', { family: 0x41, addresses: IPV4 }],
    ['an unknown transport', { family: 0x13, addresses: IPV4 }],
    ['too little for IPv4', { addresses: IPV4.subarray(1) }],
    ['too little for IPv6', { family: 0x21, addresses: IPV6.subarray(1) }],
    ['too little for a Unix socket', { family: 0x31, addresses: IPV6 }],
  ])('is malformed: %s', (_name, parts) => {
    expect(parseProxyHeader(headerV2(parts))).toEqual(MALFORMED);
  });
});

const HEADERS: [string, Buffer][] = [
  ['v1', headerV1('203.0.113.9')],
  ['v1, IPv6', headerV1('2001:db8::7')],
  ['v1, unknown', UNKNOWN_V1],
  ['v2', headerV2Of('203.0.113.9', 9)],
  ['v2, local', LOCAL_V2],
];

describe.each(HEADERS)('a header of %s', (_name, header) => {
  it('is incomplete up to its last byte, and leaves what is behind it alone', () => {
    const whole = parseProxyHeader(header);
    expect(whole).toMatchObject({ kind: 'header', length: header.length });
    for (let length = 0; length < header.length; length += 1) {
      expect(parseProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
    fc.assert(
      fc.property(fc.uint8Array(), (behind) => {
        expect(parseProxyHeader(Buffer.concat([header, behind]))).toEqual(whole);
      }),
    );
  });
});

describe('what is no header', () => {
  it.each([
    '8412:sender\n',
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01',
    'PROXX',
    '\r\n\r\n\0\r\nQUIX',
    '\n',
    'proxy tcp4',
  ])('is missing at the first wrong byte: %j', (text) => {
    expect(parseProxyHeader(Buffer.from(text, 'latin1'))).toEqual(MISSING);
  });

  it('never makes it throw, or take more than there is', () => {
    const prefixes = fc.constantFrom(
      '',
      'PROXY ',
      'PROXY TCP4 ',
      '\r\n\r\n\0\r\nQUIT\n',
      '\r\n\r\n\0\r\nQUIT\n\x21\x11',
    );
    fc.assert(
      fc.property(prefixes, fc.uint8Array({ maxLength: 300 }), (prefix, rest) => {
        const input = Buffer.concat([Buffer.from(prefix, 'latin1'), rest]);
        const header = parseProxyHeader(input);
        if (header.kind === 'header') expect(header.length).toBeLessThanOrEqual(input.length);
      }),
      { numRuns: 2000 },
    );
  });
});
