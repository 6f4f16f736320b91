import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startJanitor } from '../../../src/relay/rooms/janitor.js';
import { Rooms } from '../../../src/relay/rooms/rooms.js';

const INTERVAL_MS = 1000;
const ABANDON_AFTER_MS = 100;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(waiting: number) {
  const rooms = new Rooms<number>({
    now: () => performance.now(),
    abandonAfterMs: ABANDON_AFTER_MS,
    retryWindowMs: ABANDON_AFTER_MS,
  });
  const open = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const name = `room ${performance.now()} ${n}`;
      rooms.join(name, n, { role: 'sender', retry: false, key: undefined, wait: false, receivers: 1 });
    }
  };
  open(waiting);
  const evicted: number[] = [];
  const janitor = startJanitor(rooms, INTERVAL_MS, ({ handle, why }) => {
    expect(why).toBe('room-expired');
    evicted.push(handle);
  });
  return { rooms, janitor, evicted, open };
}

describe('the janitor', () => {
  it('comes at each interval, and takes the rooms that are due by then', () => {
    const { rooms, evicted, open, janitor } = setUp(2);
    vi.advanceTimersByTime(INTERVAL_MS - 1);
    expect(evicted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(evicted).toEqual([0, 1]);
    open(1);
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(evicted).toEqual([0, 1, 0]);
    expect(rooms.counts()).toEqual({ waiting: 0, paired: 0, held: 0 });
    janitor.stop();
  });

  it('leaves the room that is not due for the next time', () => {
    const { rooms, evicted, open, janitor } = setUp(0);
    vi.advanceTimersByTime(INTERVAL_MS - ABANDON_AFTER_MS + 1);
    open(1);
    vi.advanceTimersByTime(ABANDON_AFTER_MS - 1);
    expect(evicted).toEqual([]);
    expect(rooms.counts().waiting).toBe(1);
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(evicted).toEqual([0]);
    janitor.stop();
  });

  it('takes many rooms in batches, and lets others have their turn in between', () => {
    const { rooms, janitor } = setUp(1000);
    const left: number[] = [];
    const since = performance.now();
    vi.advanceTimersByTime(INTERVAL_MS - 1);
    vi.advanceTimersToNextTimer();
    while (rooms.counts().waiting > 0) {
      left.push(rooms.counts().waiting);
      setImmediate(() => left.push(-1));
      vi.advanceTimersToNextTimer();
      vi.advanceTimersToNextTimer();
    }
    expect(left.filter((count) => count > 0).length).toBeGreaterThan(2);
    // All of it in one visit.
    expect(performance.now() - since).toBeLessThan(2 * INTERVAL_MS);
    // Somebody else came between any two batches.
    expect(left.filter((count) => count === -1)).toHaveLength(left.length / 2);
    janitor.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops in the middle of its work', () => {
    const { rooms, janitor } = setUp(1000);
    vi.advanceTimersByTime(INTERVAL_MS - 1);
    vi.advanceTimersToNextTimer();
    const { waiting } = rooms.counts();
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(1000);
    janitor.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    expect(rooms.counts().waiting).toBe(waiting);
  });
});
