import { describe, expect, it } from 'vitest';
import { LARGE_BYTES, Pace, SMALL_BYTES } from '../../../src/transfer/sending/pace.js';

const MIB = 1024 * 1024;

/** What a message holds after each of these: MiB that went out, and the milliseconds that it took. */
function sizes(...steps: readonly (readonly [mib: number, ms: number])[]): number[] {
  let now = 1_000;
  const pace = new Pace(() => now);
  return steps.map(([mib, ms]) => {
    now += ms;
    pace.took(mib * MIB);
    return pace.messageBytes;
  });
}

describe('a message of data', () => {
  it('is small at first: what the buffers on the way take says nothing of the line', () => {
    expect(new Pace(() => 0).messageBytes).toBe(SMALL_BYTES);
    expect(sizes([1, 0], [14, 0])).toEqual([SMALL_BYTES, SMALL_BYTES]);
  });

  it('is large on a line that takes 16 MiB within a second', () => {
    expect(sizes([8, 500], [8, 500])).toEqual([SMALL_BYTES, LARGE_BYTES]);
  });

  it('is small on every other line, and again on one that becomes slow', () => {
    expect(sizes([16, 1_001])).toEqual([SMALL_BYTES]);
    expect(sizes([16, 100], [16, 1_500], [16, 100])).toEqual([LARGE_BYTES, SMALL_BYTES, LARGE_BYTES]);
  });
});
