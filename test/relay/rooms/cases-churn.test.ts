import { expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { watchLeftovers } from '../../helpers/leftovers.js';
import { startRelay } from '../../helpers/relay.js';
import { churn } from './churn.js';

const ROOMS = 2400;
const AT_ONCE = 50;
/** Little more than the clients that are there at once: connections that stay counted are soon missed. */
const MAX_CONNECTIONS = 2 * AT_ONCE + 20;

it('churn: when many rooms have lived and ended, no room, timer, socket or listener is left', async () => {
  using leftovers = watchLeftovers();
  {
    await using relay = await startRelay({
      maxConnections: MAX_CONNECTIONS,
      lockoutSourceAttempts: 0,
      retryWindowMs: 50,
      cleanupIntervalMs: 20,
    });
    await churn(relay, ROOMS, AT_ONCE);
    await relay.untilEmpty();
    expect(relay.faults).toEqual([]);
    // All but the one that lives by itself have two clients.
    expect(relay.records).toHaveLength((ROOMS * 11) / 6);
    // The relay listens, and that is all.
    await eventually(() => expect(leftovers.sockets()).toBe(1));

    // Every place is free again.
    for (let n = 0; n < MAX_CONNECTIONS; n += 1) await relay.connect(`place-${n}:sender\n`);
    await relay.untilRooms({ waiting: MAX_CONNECTIONS });
    expect(await relay.ask('one-more:sender\n')).toBe('Server is full. Try again later.\n');
  }
  await leftovers.expectNone();
});
