import { describe, expect, it } from 'vitest';
import { silentObserver } from '../../../src/index.js';
import { eventually } from '../../helpers/eventually.js';
import { feed, feedUntilStalled, noise, noiseHash, sha256, Sink } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const NOTICE = 'DISCONNECT\n';

/** What the relay tells that it has passed on. */
function counting() {
  let bytes = 0;
  const observer = { ...silentObserver, relayed: (_direction: string, more: number) => void (bytes += more) };
  return { observer, bytes: () => bytes };
}

it.concurrent('a transfer is held to the rate, from its first byte on, and arrives whole', async () => {
  const rate = 200_000;
  const startedAt = performance.now();
  await using relay = await startRelay({ maxBytesPerSecond: rate });
  const { sender, receiver } = await relay.pair('held');
  const ahead: number[] = [];
  receiver.socket.on('data', () => {
    // Later than it was passed on, so that a busy machine makes this no stricter.
    const due = (rate * (performance.now() - startedAt)) / 1000;
    ahead.push(receiver.bytes.length - NOTICE.length - due);
  });
  const payload = noise(150_000);
  sender.end(payload);
  await receiver.untilEnd();
  expect(sha256(receiver.bytes)).toBe(sha256(payload, Buffer.from(NOTICE)));
  expect(Math.max(...ahead)).toBeLessThan(0.26 * rate);
  receiver.end();
  await relay.untilEmpty();
});

it.concurrent('a room with both directions busy has one share, and each room the same', async () => {
  const { observer, bytes } = counting();
  await using relay = await startRelay({ maxBytesPerSecond: 600_000, observer });
  const busy = await relay.pair('busy');
  const others = [await relay.pair('one'), await relay.pair('two')];
  const flows = [busy, ...others].map(({ sender }) => feed(sender.socket, 4_000_000));
  flows.push(feed(busy.receiver.socket, 4_000_000));
  const before = bytes();
  await eventually(() => expect(bytes() - before).toBeGreaterThan(900_000));
  const shares = [
    busy.receiver.bytes.length + busy.sender.bytes.length,
    ...others.map(({ receiver }) => receiver.bytes.length),
  ];
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  for (const share of shares) expect(Math.abs(share - mean)).toBeLessThan(0.2 * mean);
  for (const { sender } of [busy, ...others]) sender.reset();
  await Promise.allSettled(flows);
});

it.concurrent('a fan-out counts for each of its receivers', async () => {
  const rate = 300_000;
  const { observer, bytes } = counting();
  const startedAt = performance.now();
  await using relay = await startRelay({ maxBytesPerSecond: rate, observer });
  const payload = noise(60_000);
  const sender = await relay.connect('fan:sender:receivers=3\n');
  await relay.untilRooms({ waiting: 1 });
  const receivers = await Promise.all([1, 2, 3].map(() => relay.connect('fan:receiver\n')));
  sender.end(payload);
  await Promise.all(receivers.map((receiver) => receiver.untilEnd()));
  expect(bytes()).toBe(3 * payload.length);
  expect(bytes()).toBeLessThan(rate * ((performance.now() - startedAt) / 1000 + 0.26));
  for (const receiver of receivers) expect(sha256(receiver.bytes)).toBe(sha256(payload, Buffer.from(NOTICE)));
});

it.concurrent('each room is held to its own rate', async () => {
  const rate = 100_000;
  const startedAt = performance.now();
  await using relay = await startRelay({ maxBytesPerSecondPerRoom: rate });
  const pairs = [await relay.pair('a'), await relay.pair('b'), await relay.pair('c')];
  const ahead: number[] = [];
  for (const { sender, receiver } of pairs) {
    receiver.socket.on('data', () => {
      const due = (rate * (performance.now() - startedAt)) / 1000;
      ahead.push(receiver.bytes.length - NOTICE.length - due);
    });
    sender.end(noise(60_000));
  }
  for (const { receiver } of pairs) expect(await receiver.untilEnd()).toHaveLength(60_000 + NOTICE.length);
  expect(Math.max(...ahead)).toBeLessThan(0.26 * rate);
});

it.concurrent('rooms that wait long for their turn are not idle', async () => {
  // Each has a turn about every half second, which is longer than the idle timeout.
  await using relay = await startRelay({ maxBytesPerSecond: 1000, idleTimeoutMs: 200 });
  const payload = noise(4000);
  const receivers = await Promise.all(
    Array.from({ length: 30 }, async (_, room) => {
      const receiver = await relay.connect(`turn${room}:receiver:wait\n`);
      await relay.connect(Buffer.concat([Buffer.from(`turn${room}:sender\n`), payload]));
      return receiver;
    }),
  );
  await Promise.all(receivers.map((receiver) => receiver.untilBytes(48)));
  expect(relay.records).toEqual([]);
  expect(relay.relay.rooms.paired).toBe(30);
});

it.concurrent('a receiver that takes nothing is idle all the same', async () => {
  await using relay = await startRelay({ maxBytesPerSecond: 1_000_000_000, idleTimeoutMs: 1_500 });
  const { sender, receiver } = await relay.pair('stalled', ':status');
  receiver.socket.pause();
  await feedUntilStalled(sender.socket);
  await sender.untilText('DISCONNECT idle\n');
  await relay.untilEmpty();
});

it.concurrent('what the relay holds of a lost sender goes out, at the rate, before the notice', async () => {
  await using relay = await startRelay({ maxBytesPerSecond: 100_000 });
  const { sender, receiver } = await relay.pair('lost', '', ':status');
  const payload = noise(60_000);
  sender.write(payload);
  await receiver.untilBytes('PAIRED\n'.length + 1000);
  sender.reset();
  await receiver.untilEnd();
  receiver.end();
  await relay.untilEmpty();
  const { bytesIn } = relay.records.find(({ role }) => role === 'sender')!;
  const got = receiver.bytes.subarray('PAIRED\n'.length, -'DISCONNECT lost\n'.length);
  expect(receiver.text.endsWith('DISCONNECT lost\n')).toBe(true);
  expect(got.length).toBe(bytesIn);
  expect(got.length).toBeGreaterThan(8_000);
  expect(got.equals(payload.subarray(0, got.length))).toBe(true);
});

describe.each([1, 3])('with %d receivers', (count) => {
  it.concurrent('the end of the grace ends it at once, whatever the relay holds', async () => {
    await using relay = await startRelay({ maxBytesPerSecond: 1000 });
    const sender = await relay.connect(`grace:sender:status:receivers=${count}\n`);
    await relay.untilRooms({ waiting: 1 });
    const receivers = await Promise.all(
      Array.from({ length: count }, () => relay.connect('grace:receiver\n')),
    );
    const payload = noise(4_000_000);
    sender.write(payload);
    await Promise.all(receivers.map((receiver) => receiver.untilBytes(16)));
    const closed = relay.relay.close({ graceMs: 0 });
    await sender.untilText('DISCONNECT shutdown\n');
    for (const receiver of receivers) {
      const text = await receiver.untilEnd();
      expect(text.endsWith(NOTICE)).toBe(true);
      const got = text.slice(0, -NOTICE.length);
      expect(got).toBe(payload.subarray(0, got.length).toString('latin1'));
    }
    await closed;
    // Little was read ahead of the rate.
    const { bytesIn } = relay.records.find(({ role }) => role === 'sender')!;
    expect(bytesIn).toBeLessThan(200 * 1024);
  });
});

it.concurrent('one receiver of several that is lost leaves its share to the others', async () => {
  await using relay = await startRelay({ maxBytesPerSecond: 500_000 });
  const size = 100_000;
  using kept = await Sink.connect(relay.port, { line: 'drop:receiver:wait\n', payload: size });
  const dropped = await relay.connect('drop:receiver:wait\n');
  const sender = await relay.connect('drop:sender:receivers=2\n');
  const fed = feed(sender.socket, size);
  await dropped.untilBytes(1000);
  dropped.reset();
  await fed;
  sender.end();
  await kept.untilEnd();
  expect(kept.digest()).toBe(noiseHash(size));
  expect(kept.rest).toBe(NOTICE);
});

it.concurrent('half_close: the other direction goes on', async () => {
  await using relay = await startRelay({ maxBytesPerSecond: 400_000, maxBytesPerSecondPerRoom: 300_000 });
  const { sender, receiver } = await relay.pair('half');
  const [there, back] = [noise(50_000, 1), noise(60_000, 2)];
  sender.end(there);
  receiver.write(back.subarray(0, 1000));
  await receiver.untilEnd();
  receiver.end(back.subarray(1000));
  await sender.untilEnd();
  expect(sha256(receiver.bytes)).toBe(sha256(there, Buffer.from(NOTICE)));
  expect(sha256(sender.bytes)).toBe(sha256(back, Buffer.from(NOTICE)));
  await relay.untilEmpty();
});
