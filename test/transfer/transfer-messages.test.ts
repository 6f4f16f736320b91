import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/transfer/errors.js';
import { bytesMessage, jsonMessage, parseBytes, parseOffer } from '../../src/transfer/transfer-messages.js';

describe('a count of bytes', () => {
  it('is read as it was written, up to the largest that a number holds exactly', () => {
    for (const bytes of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER])
      expect(parseBytes(bytesMessage(1, bytes).payload)).toBe(bytes);
  });

  it.each([2n ** 53n, 2n ** 64n - 1n])('%d is none', (bytes) => {
    const payload = Buffer.alloc(8);
    payload.writeBigUInt64BE(bytes);
    expect(() => parseBytes(payload)).toThrow(ProtocolError);
  });
});

describe('an offer', () => {
  const offer = { kind: 'files', names: ['a', 'b'], entries: 2, bytes: 7 } as const;
  const parse = (value: object) => parseOffer(jsonMessage(1, value).payload);

  it('has the size under each name, where the sender tells', () => {
    expect(parse({ ...offer, sizes: [3, 4] })).toEqual({ ...offer, sizes: [3, 4] });
    expect(parse(offer)).toEqual(offer);
  });

  it.each([[[3]], [[3, 4, 0]], [[3, 5]], [[8, -1]], [[3.5, 3.5]], [['3', '4']], ['34'], [null], [{}]])(
    'is none where the sizes do not add up: %j',
    (sizes) => {
      expect(() => parse({ ...offer, sizes })).toThrow(ProtocolError);
      expect(() => parse({ ...offer, bytes: undefined, sizes })).toThrow(ProtocolError);
    },
  );
});
