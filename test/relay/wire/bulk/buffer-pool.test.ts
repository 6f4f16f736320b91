import { afterEach, describe, expect, it, vi } from 'vitest';
import { BufferPool, LARGEST_BYTES, SMALLEST_BYTES } from '../../../../src/relay/wire/bulk/buffer-pool.js';

const READER = { rest: () => undefined };
const sizeOf = (buffer: Buffer | undefined) => buffer?.length;

afterEach(() => void vi.useRealTimers());

describe('BufferPool', () => {
  it('gives the size that holds what is wanted, between the smallest and the largest', () => {
    const pool = new BufferPool(16 * LARGEST_BYTES);
    expect(sizeOf(pool.take(1))).toBe(SMALLEST_BYTES);
    expect(sizeOf(pool.take(SMALLEST_BYTES))).toBe(SMALLEST_BYTES);
    expect(sizeOf(pool.take(SMALLEST_BYTES + 1))).toBe(2 * SMALLEST_BYTES);
    expect(sizeOf(pool.take(10 * LARGEST_BYTES))).toBe(LARGEST_BYTES);
  });

  it('never holds more than its limit, lent and free together', () => {
    const pool = new BufferPool(4 * LARGEST_BYTES);
    const lent = Array.from({ length: 4 }, () => pool.take(LARGEST_BYTES)!);
    expect(pool.bytes).toBe(4 * LARGEST_BYTES);
    expect(pool.take(1)).toBeUndefined();
    pool.give(lent[0]!);
    expect(pool.bytes).toBe(4 * LARGEST_BYTES);
    // What is free of another size makes room.
    expect(sizeOf(pool.take(1))).toBe(SMALLEST_BYTES);
    expect(pool.bytes).toBe(3 * LARGEST_BYTES + SMALLEST_BYTES);
  });

  it('lends the same buffer again, and forgets one that was abandoned', () => {
    const pool = new BufferPool(LARGEST_BYTES);
    const first = pool.take(LARGEST_BYTES)!;
    pool.give(first);
    expect(pool.take(LARGEST_BYTES) === first).toBe(true);
    pool.abandon(first);
    expect(pool.bytes).toBe(0);
    expect(pool.take(LARGEST_BYTES) === first).toBe(false);
  });

  it('gives everyone the same share: with many readers, smaller buffers', () => {
    const pool = new BufferPool(8 * LARGEST_BYTES);
    const readers = Array.from({ length: 16 }, () => ({ ...READER }));
    for (const reader of readers) pool.join(reader);
    expect(sizeOf(pool.take(LARGEST_BYTES))).toBe(LARGEST_BYTES / 4);
    for (const reader of readers) pool.leave(reader);
    expect(sizeOf(pool.take(LARGEST_BYTES))).toBe(LARGEST_BYTES);
  });

  it('asks its readers to rest every two seconds, and keeps no timer without one', () => {
    vi.useFakeTimers();
    const pool = new BufferPool(LARGEST_BYTES);
    const rest = vi.fn();
    const reader = { rest };
    pool.join(reader);
    pool.give(pool.take(LARGEST_BYTES)!);
    vi.advanceTimersByTime(4_000);
    expect(rest).toHaveBeenCalledTimes(2);
    expect(pool.bytes).toBe(0);
    pool.leave(reader);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lends nothing at a limit of 0, nor once it is not supported, which it says once', () => {
    expect(new BufferPool(0).take(1)).toBeUndefined();
    const onUnsupported = vi.fn();
    const pool = new BufferPool(LARGEST_BYTES, onUnsupported);
    pool.unsupported();
    pool.unsupported();
    expect(pool.take(1)).toBeUndefined();
    expect(onUnsupported).toHaveBeenCalledTimes(1);
  });
});
