import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Meter } from '../../../src/relay/costs/meter.js';
import type { Client } from '../../helpers/client.js';
import { noise } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const LIMIT = 100_000;
const NOTICE = 'DISCONNECT byte-limit\n';

describe.each([
  ['alone', {}],
  ['with a rate', { maxBytesPerSecond: 1_000_000 }],
])('max-room-bytes, %s', (_, rate) => {
  const options = { maxRoomBytes: LIMIT, ...rate };

  it.concurrent('passes the last byte that is allowed, and ends the room at the next', async () => {
    await using relay = await startRelay(options);
    const { sender, receiver } = await relay.pair('limit', ':status:retry', ':status:retry');
    const payload = noise(3 * LIMIT);
    sender.write(payload);
    await receiver.untilEnd();
    expect(receiver.text).toBe(`PAIRED\n${payload.subarray(0, LIMIT).toString('latin1')}${NOTICE}`);
    await sender.untilText(NOTICE);
    // Not held, though both asked for it.
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['byte-limit', 'byte-limit']);
  });

  it.concurrent('is no end for a transfer of exactly so many bytes', async () => {
    await using relay = await startRelay(options);
    const { sender, receiver } = await relay.pair('exact');
    sender.end(noise(LIMIT));
    expect(await receiver.untilEnd()).toHaveLength(LIMIT + 'DISCONNECT\n'.length);
    receiver.end();
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['closed', 'closed']);
  });

  it.concurrent('counts both directions together', async () => {
    await using relay = await startRelay(options);
    const { sender, receiver } = await relay.pair('both');
    receiver.write(noise(LIMIT / 2, 2));
    await sender.untilBytes(LIMIT / 2);
    sender.write(noise(LIMIT));
    expect(await receiver.untilEnd()).toHaveLength(LIMIT / 2 + 'DISCONNECT\n'.length);
    expect(await sender.untilEnd()).toHaveLength(LIMIT / 2 + 'DISCONNECT\n'.length);
  });

  it.concurrent('counts each receiver of several, and never passes more', async () => {
    await using relay = await startRelay(options);
    const sender = await relay.connect('fan:sender:receivers=3\n');
    await relay.untilRooms({ waiting: 1 });
    const receivers = await Promise.all([1, 2, 3].map(() => relay.connect('fan:receiver:status\n')));
    const payload = noise(LIMIT);
    sender.write(payload);
    const third = payload.subarray(0, Math.floor(LIMIT / 3)).toString('latin1');
    for (const receiver of receivers) {
      await receiver.untilEnd();
      expect(receiver.text.replace(/^(WAITING \d+\n)?PAIRED\n/, '')).toBe(`${third}${NOTICE}`);
    }
    expect(await sender.untilEnd()).toBe('DISCONNECT\n');
  });

  it.concurrent('goes on counting when a held room is paired again', async () => {
    await using relay = await startRelay(options);
    const line = (role: string): string => `again:${role}:retry:key=k\n`;
    let got = 0;
    for (const bytes of [30_000, 50_000]) {
      const sender = await relay.connect(line('sender'));
      const receiver = await relay.connect(line('receiver:wait'));
      await relay.untilRooms({ paired: 1 });
      sender.end(noise(bytes));
      got += (await receiver.untilEnd()).length - 'DISCONNECT\n'.length;
      receiver.end();
      await sender.untilClosed();
      await relay.untilRooms({ held: 1 });
    }
    const sender = await relay.connect(line('sender'));
    const receiver = await relay.connect(line('receiver:wait'));
    sender.write(noise(LIMIT));
    got += (await receiver.untilEnd()).length - 'DISCONNECT\n'.length;
    expect(got).toBe(LIMIT);
    await sender.untilEnd();
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
  });
});

it('a slow receiver gets all that was allowed, then the notice', async () => {
  const limit = 12 * 1024 * 1024;
  await using relay = await startRelay({ maxRoomBytes: limit });
  const { sender, receiver } = await relay.pair('slow', ':status', ':status');
  await receiver.untilText('PAIRED\n');
  receiver.socket.pause();
  sender.write(noise(limit + 1));
  await new Promise((resolve) => setTimeout(resolve, 100));
  receiver.socket.resume();
  await receiver.until(({ ended }) => ended);
  expect(receiver.bytes.length).toBe('PAIRED\n'.length + limit + NOTICE.length);
  expect(receiver.bytes.subarray(-NOTICE.length).toString()).toBe(NOTICE);
});

it('of several receivers, the slow one and the fast one get every byte that was allowed, then the notice', async () => {
  // More than the kernel and the relay hold for the slow one.
  const each = 12 * 1024 * 1024;
  await using relay = await startRelay({ maxRoomBytes: 2 * each });
  const come = (): Promise<Client> => relay.connect('several:receiver:wait:status\n');
  const [slow, fast] = [await come(), await come()];
  const sender = await relay.connect('several:sender:receivers=2:status\n');
  await Promise.all([slow, fast].map((receiver) => receiver.untilText('PAIRED\n')));
  const before = new Map([slow, fast].map((receiver) => [receiver, receiver.length]));
  slow.socket.pause();
  const payload = noise(each + 1);
  sender.write(payload);
  await fast.untilBytes(1024 * 1024);
  // The fast one is as far as the slow one lets it, and the limit is not reached.
  expect(fast.length).toBeLessThan(each);
  slow.socket.resume();
  for (const receiver of [slow, fast]) {
    await receiver.until(({ ended }) => ended);
    const stream = receiver.bytes.subarray(before.get(receiver));
    expect(stream.subarray(each).toString('latin1')).toBe(NOTICE);
    expect(stream.subarray(0, each).equals(payload.subarray(0, each))).toBe(true);
  }
  await sender.untilText(NOTICE);
});

it('max-room-age: both are told, and the room is not held', async () => {
  await using relay = await startRelay({ maxRoomAgeMs: 300 });
  const { sender, receiver } = await relay.pair('old', ':status:retry', ':retry');
  sender.write('so far');
  await receiver.untilText('so far');
  expect(await receiver.untilEnd()).toBe('so farDISCONNECT\n');
  await sender.untilText('DISCONNECT age-limit\n');
  expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
  sender.end();
  receiver.end();
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['age-limit', 'age-limit']);
  expect(Math.min(...relay.records.map(({ pairedMs }) => pairedMs))).toBeGreaterThanOrEqual(299);
});

describe('the age of a room', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  it('counts from its first pairing', () => {
    const meter = new Meter({
      tab: { bytes: 0, since: performance.now() },
      share: undefined,
      account: undefined,
      maxRoomBytes: 0,
      maxRoomAgeMs: 1000,
      now: () => performance.now(),
    });
    const onTooOld = vi.fn();
    meter.start(onTooOld);
    vi.advanceTimersByTime(400);
    meter.stop();
    vi.advanceTimersByTime(300);
    meter.start(onTooOld);
    vi.advanceTimersByTime(299);
    expect(onTooOld).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onTooOld).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
