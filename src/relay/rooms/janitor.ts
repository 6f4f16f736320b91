import type { Eviction } from './room.js';
import type { Rooms } from './rooms.js';

/** Rooms removed in one go: the event loop turns in between, so that transfers do not stutter. */
const BATCH = 200;

export interface Janitor {
  stop(): void;
}

/** Removes expired rooms at each interval, and hands their members to `onEvicted`. */
export function startJanitor<Handle>(
  rooms: Rooms<Handle>,
  intervalMs: number,
  onEvicted: (eviction: Eviction<Handle>) => void,
): Janitor {
  let next: NodeJS.Immediate | undefined;
  const sweep = (): void => {
    const { evicted, more } = rooms.expire(BATCH);
    for (const eviction of evicted) onEvicted(eviction);
    next = more ? setImmediate(sweep) : undefined;
  };
  const timer = setInterval(() => {
    if (next === undefined) sweep();
  }, intervalMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      clearImmediate(next);
    },
  };
}
