import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { unacknowledgedBytes } from '../../../src/relay/wire/kernel-queue.js';
import { eventually } from '../../helpers/eventually.js';
import { feedUntilStalled } from '../../helpers/flow.js';
import { HAS_PROC } from '../../helpers/proc.js';
import { socketPair } from '../../helpers/sockets.js';

const HAS_IPV6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ family }) => family === 'IPv6'),
);
if (!HAS_IPV6) console.log('left out: what needs IPv6, which this machine does not have');

/** One reading is shared for a quarter of a second. */
const untilRead = () => new Promise((resolve) => setTimeout(resolve, 300));

describe.skipIf(!HAS_PROC).concurrent('unacknowledgedBytes', () => {
  // The second listens on all addresses, where an IPv4 peer has a mapped address.
  it.each(['127.0.0.1', ...(HAS_IPV6 ? ['::'] : [])])(
    'shows what a reader has not taken, on %s',
    async (host) => {
      using pair = await socketPair(host);
      const { server, client } = pair;
      expect(await unacknowledgedBytes(server)).toBe(0);
      client.pause();
      await feedUntilStalled(server);
      await untilRead();
      const held = await unacknowledgedBytes(server);
      expect(held).toBeGreaterThan(64 * 1024);
      expect(held).toBeLessThanOrEqual(server.bytesWritten);
      await untilRead();
      expect(await unacknowledgedBytes(server)).toBe(held);

      // A reader that takes a little shows here before it shows in Node.
      let taken = 0;
      while (taken < 1024 * 1024 && (await unacknowledgedBytes(server)) === held) {
        taken += (client.read() as Buffer | null)?.length ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await unacknowledgedBytes(server)).toBeLessThan(held!);
      client.resume();
      await eventually(async () => expect(await unacknowledgedBytes(server)).toBe(0));
    },
  );

  it('knows nothing of a socket that is gone', async () => {
    using pair = await socketPair();
    pair.server.destroy();
    await eventually(() => expect(pair.server.closed).toBe(true));
    expect(await unacknowledgedBytes(pair.server)).toBeUndefined();
  });

  it('tells one connection from another', async () => {
    using stalled = await socketPair();
    using quiet = await socketPair();
    stalled.client.pause();
    await feedUntilStalled(stalled.server);
    await untilRead();
    expect(await unacknowledgedBytes(stalled.server)).toBeGreaterThan(0);
    expect(await unacknowledgedBytes(quiet.server)).toBe(0);
    expect(await unacknowledgedBytes(stalled.client)).toBe(0);
  });
});
