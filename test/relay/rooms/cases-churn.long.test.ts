import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { watchLeftovers } from '../../helpers/leftovers.js';
import { startRelay } from '../../helpers/relay.js';
import { churn } from './churn.js';

const ROOMS = 100_000;
const ROUND = 10_000;
const AT_ONCE = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Heap in use, in bytes, when all that can be is collected. */
async function heapUsed(): Promise<number> {
  for (let n = 0; n < 3; n += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

it('churn: 100,000 rooms leave no room, timer, socket, listener or memory behind', async () => {
  using leftovers = watchLeftovers();
  const heaps: number[] = [];
  {
    // As it is used: with every limit on, so that what they remember is in the count too.
    await using relay = await startRelay({
      rateLimitIp: 1_000_000,
      rateLimitCode: 1_000_000,
      lockoutSourceAttempts: 1_000_000,
      maxConnectionsPerIp: 2 * AT_ONCE,
      maxConnections: 2 * AT_ONCE + 20,
      retryWindowMs: 50,
      cleanupIntervalMs: 20,
    });
    for (let done = 0; done < ROOMS; done += ROUND) {
      await churn(relay, ROUND, AT_ONCE);
      await relay.untilEmpty();
      relay.records.length = 0;
      await eventually(() => expect(leftovers.sockets()).toBe(1));
      heaps.push(await heapUsed());
    }
    expect(relay.faults).toEqual([]);
  }
  await leftovers.expectNone();
  console.log(
    `heap after each ${ROUND} rooms, MiB:`,
    heaps.map((heap) => (heap / 2 ** 20).toFixed(1)).join(' '),
  );
  // The first round fills caches and tables that stay as they are.
  expect(heaps.at(-1)! - heaps[1]!).toBeLessThan(4 * 2 ** 20);
});
