import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  concat,
  copyOf,
  equalBytes,
  textOf,
  toBase64url,
  toHex,
  utf8,
  utf8Length,
} from '../../src/transfer/bytes.js';

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ minLength: 60 }),
);
const anyBytes = fc.uint8Array({ maxLength: 80 });

it('are those of Node, for every text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const nodes = Buffer.from(text);
      expect(Buffer.compare(utf8(text), nodes)).toBe(0);
      expect(utf8Length(text)).toBe(nodes.length);
      expect(textOf(nodes)).toBe(nodes.toString());
    }),
  );
});

it('keep a byte order mark, and show what is no UTF-8 as U+FFFD', () => {
  expect(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
  expect(textOf(Uint8Array.of(0xff))).toBe('\ufffd');
  expect([...utf8('\ud800')]).toEqual([0xef, 0xbf, 0xbd]);
});

it('are written as Node writes them, joined, and compared', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (one, other) => {
      expect(toHex(one)).toBe(Buffer.from(one).toString('hex'));
      expect(toBase64url(one)).toBe(Buffer.from(one).toString('base64url'));
      expect(Buffer.compare(concat([one, other]), Buffer.concat([one, other]))).toBe(0);
      expect(equalBytes(one, other)).toBe(Buffer.compare(one, other) === 0);
      expect(equalBytes(one, copyOf(one))).toBe(true);
    }),
  );
});

it('are copied where a Buffer is, whose slice would be a view', () => {
  const read = Buffer.from('abc');
  const copy = copyOf(read.subarray(1));
  read.fill(0);
  expect(textOf(copy)).toBe('bc');
});
