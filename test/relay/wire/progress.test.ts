import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressWatch } from '../../../src/relay/wire/progress.js';
import type { Wire } from '../../../src/relay/wire/wire.js';

const LIMIT_MS = 1000;

/** What a watch sees of a stream that is not connected: its queue in Node. */
interface Queue {
  writableLength: number;
}

describe('ProgressWatch', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  function watch(...queues: Queue[]) {
    const onStuck = vi.fn();
    const towards = queues.map((stream) => ({ stream, tcp: {} }) as unknown as Wire);
    const progress = new ProgressWatch({
      limitMs: LIMIT_MS,
      now: () => performance.now(),
      towards,
      onStuck,
    });
    return { progress, onStuck };
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('tells once when nothing has moved for the limit', async () => {
    const { onStuck } = watch();
    await pass(LIMIT_MS - 1);
    expect(onStuck).not.toHaveBeenCalled();
    await pass(1);
    expect(onStuck).toHaveBeenCalledTimes(1);
    await pass(10 * LIMIT_MS);
    expect(onStuck).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts from the last touch', async () => {
    const { progress, onStuck } = watch();
    for (let turn = 0; turn < 5; turn += 1) {
      await pass(LIMIT_MS - 100);
      progress.touch();
    }
    expect(onStuck).not.toHaveBeenCalled();
    await pass(LIMIT_MS - 1);
    expect(onStuck).not.toHaveBeenCalled();
    await pass(1);
    expect(onStuck).toHaveBeenCalledTimes(1);
  });

  it('takes a queue that shrinks for progress, and one that stands still for none', async () => {
    const queue: Queue = { writableLength: 10_000 };
    const { onStuck } = watch({ writableLength: 500 }, queue);
    for (let turn = 0; turn < 10; turn += 1) {
      await pass(LIMIT_MS / 2);
      queue.writableLength -= 1;
    }
    expect(onStuck).not.toHaveBeenCalled();
    // A look at a time, so that a last change may be seen a quarter of the limit late.
    await pass(LIMIT_MS * 1.5);
    expect(onStuck).toHaveBeenCalledTimes(1);
  });

  it('does not take its first look at a full queue for progress', async () => {
    const { onStuck } = watch({ writableLength: 10_000 });
    await pass(LIMIT_MS);
    expect(onStuck).toHaveBeenCalledTimes(1);
  });

  it('is over when it is stopped, and leaves no timer', async () => {
    const { progress, onStuck } = watch();
    await pass(LIMIT_MS / 2);
    progress.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(10 * LIMIT_MS);
    expect(onStuck).not.toHaveBeenCalled();
  });

  it('may be stopped while it looks', async () => {
    const { progress, onStuck } = watch({ writableLength: 1 });
    vi.advanceTimersByTime(LIMIT_MS / 4);
    progress.stop();
    await pass(10 * LIMIT_MS);
    expect(onStuck).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
