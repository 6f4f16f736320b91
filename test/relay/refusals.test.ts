import { describe, expect, it, vi } from 'vitest';
import type { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { headerV1 } from '../helpers/proxy-headers.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';
import { CERTIFICATE } from '../helpers/tls.js';

const PLACES = 4;

vi.mock('../../src/relay/open-files.js', async (original) => ({
  ...(await original<object>()),
  placesForRefused: () => PLACES,
}));

const FULL = 'Server is full. Try again later.\n';

/** Clients that are refused, and do not close. */
async function crowd(relay: TestRelay, count: number, line = ''): Promise<Client[]> {
  const clients = Array.from({ length: count }, async (_, n) => {
    const client = await relay.connect(line, { localAddress: `127.0.1.${n + 1}` });
    await client.until(({ ended, closed }) => ended || closed);
    return client;
  });
  return await Promise.all(clients);
}

const refusedAs = (relay: TestRelay, ending: string): number =>
  relay.records.filter((record) => record.ending === ending).length;

describe('refused connections that linger', () => {
  it('are so many at most: past them each is told and closed at once', async () => {
    await using relay = await startRelay({ lingerMs: 2_000, maxConnections: 1 });
    const served = await relay.connect('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    const clients = await crowd(relay, PLACES + 6);
    // The one that is served, and those.
    expect(relay.open()).toBeLessThanOrEqual(1 + PLACES);
    expect(clients.map(({ text }) => text)).toEqual(Array(PLACES + 6).fill(FULL));
    expect(refusedAs(relay, 'server-full')).toBeGreaterThanOrEqual(6);
    expect(served.ended).toBe(false);
  });

  it('leave their place to others when they close, or when their time is over', async () => {
    await using relay = await startRelay({ lingerMs: 2_000, maxConnections: 1 });
    await relay.connect('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    const [first] = await crowd(relay, PLACES);
    first?.end();
    await eventually(() => expect(refusedAs(relay, 'server-full')).toBeGreaterThanOrEqual(1));
    const before = relay.open();
    await crowd(relay, 1);
    expect(relay.open()).toBe(before + 1);
    await eventually(() => expect(relay.open()).toBe(1));
    await crowd(relay, 1);
    expect(relay.open()).toBe(2);
  });

  it('keep the place that they had where there is no other, so that nothing of their sentence is lost', async () => {
    await using relay = await startRelay({ lingerMs: 2_000, maxConnections: PLACES + 3 });
    const clients = await crowd(relay, PLACES + 3, 'abc:nobody\nand much more');
    expect(relay.open()).toBe(PLACES + 3);
    expect(clients.map(({ text }) => text)).toEqual(
      Array(PLACES + 3).fill('Invalid handshake: the role is sender or receiver.\n'),
    );
    // Those for whom there was room are counted no longer.
    const more = await Promise.all(
      Array.from({ length: PLACES }, (_, n) => relay.connect(`room-${n}:receiver:wait:status\n`)),
    );
    for (const client of more) await client.untilText('WAITING');
    expect(await (await relay.connect('one-more:receiver:wait\n')).untilEnd()).toBe(FULL);
  });

  it('are so many at most over TLS too, whether they have said a byte or not', async () => {
    await using relay = await startRelay({
      lingerMs: 2_000,
      maxConnections: 1,
      tls: { ...CERTIFICATE, only: true },
    });
    await relay.connect('abc:sender\n', { tls: true });
    await relay.untilRooms({ waiting: 1 });
    const silent = await Promise.all(
      Array.from({ length: PLACES }, (_, n) => relay.connect('', { localAddress: `127.0.2.${n + 1}` })),
    );
    await eventually(() => expect(relay.open()).toBe(1 + PLACES));
    const [late] = await crowd(relay, 1);
    // The alert access_denied, in the clear.
    expect(late?.bytes.toString('hex')).toBe('15030300020231');
    for (const client of silent) expect(await client.untilEnd()).toBe(FULL);
  });

  it('and those behind a proxy whose header is awaited are among them', async () => {
    await using relay = await startRelay({
      lingerMs: 2_000,
      maxConnections: 1,
      proxyProtocol: ['127.0.0.2'],
    });
    await relay.connect('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    const through = { localAddress: '127.0.0.2' };
    const silent = await Promise.all(Array.from({ length: PLACES }, () => relay.connect('', through)));
    await eventually(() => expect(relay.open()).toBe(1 + PLACES));
    const late = await relay.connect(headerV1('203.0.113.9'), through);
    expect(await late.untilEnd()).toBe(FULL);
    await eventually(() => expect(relay.open()).toBe(1 + PLACES));
    for (const client of silent) await client.untilEnd();
  });

  it('cost a shutdown nothing: everyone who waits is told', async () => {
    await using relay = await startRelay();
    const waiting = await Promise.all(
      Array.from({ length: 3 * PLACES }, (_, n) => relay.connect(`room-${n}:sender\nearly`)),
    );
    await relay.untilRooms({ waiting: 3 * PLACES });
    void relay.relay.close();
    for (const client of waiting) expect(await client.finish()).toBe('Server is shutting down.\n');
  });
});
