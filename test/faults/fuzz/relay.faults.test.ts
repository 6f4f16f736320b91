import { EventEmitter } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { sourceOf } from '../../../src/guard/source.js';
import { formatHandshake, parseHandshake } from '../../../src/protocol/handshake.js';
import { MAX_LINE_BYTES } from '../../../src/protocol/limits.js';
import { MAX_PROXY_HEADER_BYTES, parseProxyHeader } from '../../../src/protocol/proxy-header.js';
import { parseNetwork } from '../../../src/relay/entrance/networks.js';
import { readFirstLine } from '../../../src/relay/dialects/line.js';
import { fuzz } from './fuzz.js';
import { sliced } from './mutate.js';

const LINES = [
  ...[
    '8412:sender',
    '8412:receiver:raw',
    '7-demo:receiver:wait:status:retry:key=k3y',
    'a:sender:receivers=16',
  ],
  ...[
    'a:sender:receivers=1:raw\r',
    `${'c'.repeat(64)}:sender:key=${'k'.repeat(64)}:retry`,
    ':',
    'a:peer',
    'a:sender:token=T0ken-._:status',
  ],
];

const V2 = (rest: string): Buffer => Buffer.from(`0d0a0d0a000d0a515549540a${rest}`, 'hex');
const PROXY_HEADERS = [
  ...['PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n', 'PROXY TCP6 2001:db8::1 ::1 1 65535\r\n'],
  ...['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n'],
  V2('2111000cc0000201c633640204d201bb'),
  V2(`21210024${'20010db8000000000000000000000001'.repeat(2)}04d201bb`),
  V2('20000000'),
  V2(`213100d8${'00'.repeat(216)}`),
  V2('2111001bc0000201c633640204d201bb03000400000000200008000000000000'),
];

it('the handshake line', () =>
  fuzz('parseHandshake', {
    corpus: LINES,
    check(input) {
      const parsed = parseHandshake(input.toString('latin1'));
      if (!parsed.ok) {
        if (parsed.problem === '' || parsed.problem.length > 100) throw new Error(parsed.problem);
        return;
      }
      const written = formatHandshake(parsed.request);
      const again = parseHandshake(written.slice(0, -1));
      if (JSON.stringify(again) !== JSON.stringify(parsed)) throw new Error(`not the same again: ${written}`);
    },
  }));

/** As much of a socket as the reader uses. */
class FakeSocket extends EventEmitter {
  isPaused = true;

  pause(): this {
    this.isPaused = true;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    return this;
  }
}

it('the reader of the first line, in slices', () =>
  fuzz('readFirstLine', {
    corpus: LINES.flatMap((line) => [`${line}\n`, `${line}\nearly payload\n`]),
    async check(input, random) {
      const socket = new FakeSocket();
      const reading = readFirstLine(socket as unknown as Socket, 60_000);
      const unread = sliced(input, random);
      while (!socket.isPaused && unread.length > 0) socket.emit('data', unread.shift());
      if (!socket.isPaused) socket.emit('end');
      const first = await reading;
      if (socket.eventNames().length > 0) throw new Error('it listens still');
      const at = input.indexOf('\n');
      if (first.kind === 'line') {
        const whole = Buffer.concat([Buffer.from(`${first.text}\n`, 'latin1'), first.surplus, ...unread]);
        if (!whole.equals(input) || first.text.length !== at) throw new Error('not the same bytes');
      } else if (first.kind === 'too-long') {
        if (at >= 0 && at < MAX_LINE_BYTES) throw new Error('it is not too long');
      } else if (first.kind !== 'unfinished' || at >= 0 || first.bytes !== input.length) {
        throw new Error(first.kind);
      }
    },
  }));

it("a source's address", () =>
  fuzz('sourceOf', {
    corpus: [
      '192.0.2.1',
      '::ffff:192.0.2.1',
      '2001:db8:1:2:3:4:5:6',
      'fe80::1%eth0',
      '::1',
      '::',
      '::ffff:c000:201',
    ],
    check(input) {
      const address = input.toString('latin1');
      const source = sourceOf(address);
      if (isIP(address) === 0) return expectSame(source, undefined);
      if (source === undefined || source.length > 45) throw new Error(`it is ${source}`);
      const network = source.replace('/64', '');
      if (isIP(network) === 0) throw new Error(`no address: ${source}`);
      expectSame(sourceOf(network), source);
    },
  }));

it('a network of trusted proxies', () =>
  fuzz('parseNetwork', {
    corpus: [
      '10.0.0.0/8',
      '192.0.2.1',
      '2001:db8::/32',
      '::1',
      '0.0.0.0/0',
      '::/0',
      '10.0.0.1/33',
      '::ffff:1.2.3.4/120',
    ],
    check: (input) => parseNetwork(input.toString('latin1')),
  }));

it('a PROXY header, the same however it is cut', () =>
  fuzz('parseProxyHeader', {
    corpus: PROXY_HEADERS.flatMap((header) => [
      header,
      Buffer.concat([Buffer.from(header), Buffer.from('a:sender\n')]),
    ]),
    check(input, random) {
      const whole = parseProxyHeader(input);
      if (whole.kind === 'header' && whole.length > Math.min(input.length, MAX_PROXY_HEADER_BYTES))
        throw new Error(`its length is ${whole.length}`);
      if (whole.kind === 'incomplete' && input.length >= MAX_PROXY_HEADER_BYTES)
        throw new Error('it never ends');
      if (whole.kind === 'header' && whole.address !== undefined && whole.address.length > 108)
        throw new Error('an address without a bound');
      const first = Math.floor(random() * (input.length + 1));
      const part = parseProxyHeader(input.subarray(0, first));
      // What was decided on a part stays so.
      if (part.kind !== 'incomplete') expectSame(JSON.stringify(part), JSON.stringify(whole));
    },
  }));

function expectSame(value: unknown, expected: unknown): void {
  if (value !== expected) expect(value).toBe(expected);
}
