import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/client/errors.js';
import { bytesMessage, parseBytes } from '../../src/client/transfer-messages.js';

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
