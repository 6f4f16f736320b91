import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Kept } from '../../../src/client/source/kept.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('what is kept of a stream', () => {
  it('is, at any time, what was not let go, and a hash of the rest', () => {
    const kept = new Kept();
    let all = Buffer.alloc(0);
    let gone = 0;
    const sizes = [1, 0, 100, 70_000, 16_384, 3, 65_536, 65_535, 2, 200_000, 15_000, 15_000, 15_000, 15_000];
    for (const [at, size] of sizes.entries()) {
      const piece = randomBytes(size);
      const copy = kept.add(piece);
      all = Buffer.concat([all, piece]);
      piece.fill(0);
      expect(copy.equals(all.subarray(all.length - size))).toBe(true);
      // Further, not at all, back, in the middle of a piece.
      const before = [gone, Math.floor(all.length / 2), all.length - 1, all.length][at % 4] ?? 0;
      kept.letGo(before);
      gone = Math.max(gone, before);
      expect([kept.from, kept.bytes]).toEqual([gone, all.length - gone]);
      expect(Buffer.concat([...kept.pieces()]).equals(all.subarray(gone))).toBe(true);
      expect(kept.hash().digest('hex')).toBe(sha256(all.subarray(0, gone)));
    }
  });

  it('begins where what was let go ends, also where that had not come yet', () => {
    const kept = new Kept();
    kept.letGo(5);
    expect(kept.add(Buffer.from('abc')).toString()).toBe('abc');
    expect([kept.from, kept.bytes]).toEqual([3, 0]);
    kept.add(Buffer.from('defg'));
    expect(Buffer.concat([...kept.pieces()]).toString()).toBe('fg');
    expect(kept.hash().digest('hex')).toBe(sha256(Buffer.from('abcde')));
  });

  it('shares memory where pieces are small', () => {
    const kept = new Kept();
    const memories = new Set<unknown>();
    for (let piece = 0; piece < 100_000; piece += 1) memories.add(kept.add(Buffer.from('x')).buffer);
    expect(memories.size).toBe(2);
  });
});
