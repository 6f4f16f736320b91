/*
 * How long the relay's event loop is held up by what it does for many at once. Sockets would be limited to the open
 * files: this drives the built registry and limiters themselves, in a loop of their own.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { work } from './worker.js';

const built = (path) => import(new URL(`../../../dist/${path}`, import.meta.url).href);

/** Arrivals in one turn of the loop: as many as a busy listen queue may hand over. */
const ARRIVALS = 20;
const HOUR_MS = 3_600_000;

/** The delay of the loop while `busy` goes on. */
async function watch(busy) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  // What was done before belongs to nobody: a turn, and the garbage of it.
  await sleep(50);
  delay.enable();
  const began = performance.now();
  await busy();
  const seconds = (performance.now() - began) / 1000;
  // A delay is recorded when it is over.
  await sleep(5);
  delay.disable();
  return { p99Milliseconds: delay.percentile(99) / 1e6, maxMilliseconds: delay.max / 1e6, seconds };
}

const until = async (done) => {
  while (!done()) await sleep(1);
};

work({
  idle: ({ seconds }) => watch(() => sleep(seconds * 1000)),

  /** A cleanup that finds every room out of time. */
  async cleanup({ keys }) {
    const { Rooms } = await built('relay/rooms.js');
    const { startJanitor } = await built('relay/janitor.js');
    let now = 0;
    const rooms = new Rooms({ now: () => now, abandonAfterMs: HOUR_MS, retryWindowMs: HOUR_MS });
    for (let i = 0; i < keys; i++) {
      rooms.join(
        `room-${i}`,
        { i },
        { role: 'sender', retry: false, key: undefined, wait: false, receivers: 1 },
      );
    }
    now += 2 * HOUR_MS;
    let evicted = 0;
    const figures = await watch(async () => {
      const janitor = startJanitor(rooms, 1, () => evicted++);
      await until(() => rooms.counts().waiting === 0);
      janitor.stop();
    });
    if (evicted !== keys) throw new Error(`the cleanup told of ${evicted} rooms, not ${keys}`);
    return figures;
  },

  /** Arrivals that fail, turn after turn, each from a source of its own, when the limiters' tables are full. */
  async limiters({ keys, seconds }) {
    const { createGuard } = await built('guard/create-guard.js');
    const settings = {
      ...{ rateLimitIp: 60, rateLimitCode: 30, lockoutAttempts: 3, lockoutSourceAttempts: 10 },
      ...{ lockoutWindowMs: HOUR_MS, lockoutDurationMs: HOUR_MS },
    };
    const guard = createGuard(settings, { now: () => performance.now(), onLockout: () => undefined });
    let next = 0;
    const arrive = async () => {
      const number = next++;
      const source = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
      const attempt = { source, room: `room-${number}`, role: 'receiver', live: false };
      await guard.arriving(source);
      await guard.joining(attempt);
      await guard.failed(attempt);
    };
    while (next < keys) await arrive();
    return await watch(async () => {
      for (const end = performance.now() + seconds * 1000; performance.now() < end; await turn()) {
        await Promise.all(Array.from({ length: ARRIVALS }, arrive));
      }
    });
  },
});
