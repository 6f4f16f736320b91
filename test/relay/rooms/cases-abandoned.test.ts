import { afterEach, describe, expect, it, vi } from 'vitest';
import { startRelay } from '../../helpers/relay.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('abandoned_room', () => {
  const EXPIRED = 'Room expired: nobody joined in time.\n';

  it.each([
    ['sender', EXPIRED],
    ['receiver:wait', EXPIRED],
    ['sender:status', `WAITING 1\nERROR room-expired ${EXPIRED}`],
    ['receiver:wait:status', `WAITING 1\nERROR room-expired ${EXPIRED}`],
  ])('%s', async (line, words) => {
    await using relay = await startRelay({ abandonAfterMs: 150, cleanupIntervalMs: 20 });
    const since = performance.now();
    expect(await relay.ask(`abandoned:${line}\n`)).toBe(words);
    expect(performance.now() - since).toBeGreaterThan(100);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'room-expired', pairedMs: 0 }]);
    expect(relay.records[0]!.waitedMs).toBeGreaterThan(100);
    expect(await relay.ask('abandoned:receiver\n')).toMatch(/^Invalid code or key/);
  });

  it('everyone in an incomplete room, and not the pair beside it', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    await using relay = await startRelay({ idleTimeoutMs: 3_600_000, cleanupIntervalMs: 20 });
    const { sender, receiver } = await relay.pair('beside');
    const members = await Promise.all([
      relay.connect('abandoned:sender:receivers=3:status\n'),
      relay.connect('abandoned:receiver:wait:status\n'),
      relay.connect('abandoned:receiver:wait:status\n'),
    ]);
    for (const member of members) await member.untilText('WAITING 600\n');
    vi.advanceTimersByTime(600_000);
    for (const member of members) {
      expect(await member.finish()).toBe(`WAITING 600\nERROR room-expired ${EXPIRED}`);
    }
    sender.end('still here');
    receiver.end();
    expect(await receiver.untilEnd()).toBe('still hereDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('early payload that was never wanted is thrown away, and the sentence still arrives', async () => {
    await using relay = await startRelay({ abandonAfterMs: 200, cleanupIntervalMs: 20 });
    const sender = await relay.connect('abandoned:sender\n');
    sender.write(Buffer.alloc(150_000, 'x'));
    expect(await sender.finish()).toBe(EXPIRED);
    await relay.untilEmpty();
  });

  it('a newcomer finds it gone before the cleanup comes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    await using relay = await startRelay({ cleanupIntervalMs: 3_600_000 });
    const old = await relay.connect('abandoned:sender:status\n');
    await old.untilText('WAITING 600\n');
    vi.advanceTimersByTime(600_000);
    const fresh = await relay.connect('abandoned:sender:status\n');
    await fresh.untilText('WAITING 600\n');
    expect(await old.finish()).toBe(`WAITING 600\nERROR room-expired ${EXPIRED}`);
    expect(relay.relay.rooms).toEqual({ waiting: 1, paired: 0, held: 0 });
  });
});
