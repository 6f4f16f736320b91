import { describe, expect, it } from 'vitest';
import { startRelay } from '../../helpers/relay.js';
import { eventually } from '../../helpers/eventually.js';

const TIMEOUT_MS = 300;

describe('the deadline of the first line', () => {
  it('silent_connect: closed at the deadline, with a word', async () => {
    await using relay = await startRelay({ handshakeTimeoutMs: TIMEOUT_MS });
    // From before: the relay may have it before this side does.
    const since = performance.now();
    const client = await relay.connect();
    await client.finish();
    const took = performance.now() - since;
    expect(client.text).toBe('Handshake timed out.\n');
    expect(took).toBeGreaterThan(TIMEOUT_MS - 100);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'handshake-timeout', role: undefined, bytesIn: 0 }]);
  });

  it('drip_1B_per_s: the same deadline, which no byte puts off', async () => {
    // Were it put off by each, it would never come.
    await using relay = await startRelay({ handshakeTimeoutMs: TIMEOUT_MS });
    const since = performance.now();
    const client = await relay.connect();
    const drip = setInterval(() => client.write('d'), TIMEOUT_MS / 6);
    await client.untilEnd();
    const took = performance.now() - since;
    clearInterval(drip);
    expect(client.text).toBe('Handshake timed out.\n');
    expect(took).toBeGreaterThan(TIMEOUT_MS - 100);
    client.end();
    await relay.untilEmpty();
  });

  it('is plain, whatever the half of the line asks for', async () => {
    await using relay = await startRelay({ handshakeTimeoutMs: 50 });
    const client = await relay.connect('abc:sender:status:');
    expect(await client.finish()).toBe('Handshake timed out.\n');
  });

  it('is over with the line: who waits is not disturbed', async () => {
    await using relay = await startRelay({ handshakeTimeoutMs: 50 });
    const sender = await relay.connect('abc:sender\n');
    await relay.untilRooms({ waiting: 1 });
    // As long as it takes another one to run into it.
    expect(await (await relay.connect()).finish()).toBe('Handshake timed out.\n');
    expect(relay.relay.rooms.waiting).toBe(1);
    expect(sender.ended).toBe(false);
  });
});

describe('a client that goes before its line is whole', () => {
  it('fin_before_newline: told so; no room, nothing left', async () => {
    await using relay = await startRelay();
    const client = await relay.connect('abc:sender');
    client.end();
    expect(await client.finish()).toBe('Invalid handshake: the line does not end in a line feed.\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'invalid-handshake', role: undefined }]);
    // The code was not taken by it.
    expect(await relay.ask('abc:receiver\n')).toMatch(/^Invalid code or key/);
  });

  it('without a byte, as a port scan or a health check: closed without a word', async () => {
    await using relay = await startRelay();
    const client = await relay.connect();
    client.end();
    expect(await client.untilClosed()).toBe('');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'closed', role: undefined, source: '127.0.0.1' }]);
  });

  it('with a reset in the middle of the line', async () => {
    await using relay = await startRelay();
    const client = await relay.connect('abc:sen');
    // By then, the half is read: a reset right behind it would look like FIN.
    await relay.ask('another\n');
    client.reset();
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending).sort()).toEqual(['invalid-handshake', 'lost']);
  });

  it('rst_on_accept: 300 times, and nobody is counted under an address that is not one', async () => {
    // Each address stays well below these; all of those that have none any more, together, would not.
    await using relay = await startRelay({ rateLimitIp: 20, maxConnectionsPerIp: 10 });
    for (let host = 1; host <= 30; host += 1) {
      const localAddress = `127.0.0.${host}`;
      const clients = await Promise.all(
        Array.from({ length: 10 }, () => relay.connect(undefined, { localAddress })),
      );
      for (const client of clients) client.reset();
      await relay.untilEmpty();
    }
    await eventually(() => expect(relay.records).toHaveLength(300));
    expect(relay.records.filter(({ source }) => source === undefined).length).toBeGreaterThan(20);
    for (const { source } of relay.records)
      if (source !== undefined) expect(source).toMatch(/^127\.0\.0\.\d+$/);
    expect(new Set(relay.records.map(({ ending }) => ending))).toEqual(new Set(['lost']));
    expect(relay.faults).toEqual([]);
    expect(await relay.ask('still\n')).toMatch(/^Invalid handshake/);
  });
});
