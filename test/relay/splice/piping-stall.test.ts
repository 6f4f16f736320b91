import { expect, it } from 'vitest';
import { feed, feedUntilStalled, Sink } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const MIB = 1024 * 1024;

// At a kilobyte a second this takes most of an hour. What matters is the proportion: Node sees the kernel take
// more of the queue about every 5 s at this rate, which is longer than the idle timeout; the reader's window, which
// the kernel shows, opens every second. (Both are long beside the pauses of a machine that does other things.)
it.concurrent('slow_reader_1KBps: is not ended while it progresses', async () => {
  await using relay = await startRelay({ idleTimeoutMs: 3_500 });
  using sink = await Sink.connect(relay.port, { line: 'slow:receiver:wait\n' });
  const sender = await relay.connect('slow:sender\n');
  await relay.untilRooms({ paired: 1 });
  sink.socket.pause();
  await feedUntilStalled(sender.socket);
  const stop = sink.readSlowly(200_000);
  // Ends with an error where the relay ends it: then it reads no more.
  await sink.untilCount(1.75 * MIB);
  expect(relay.relay.rooms.paired).toBe(1);
  expect(relay.records).toEqual([]);
  stop();
  sink.socket.resetAndDestroy();
  sender.reset();
  await relay.untilEmpty();
});

it.concurrent('stalled_pair: it is ended as idle, both are told, and nothing is left', async () => {
  await using relay = await startRelay({ idleTimeoutMs: 1_500 });
  const { sender, receiver } = await relay.pair('stalled', ':status', ':status');
  await receiver.untilText('PAIRED\n');
  receiver.socket.pause();
  const stalledAt = performance.now();
  await feedUntilStalled(sender.socket);
  await sender.untilText('DISCONNECT idle\n');
  expect(performance.now() - stalledAt).toBeGreaterThan(1_500);
  expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
  // It gets its notice where it reads on, behind all that the relay held for it.
  receiver.socket.resume();
  await receiver.until(({ ended }) => ended);
  expect(receiver.bytes.subarray(-16).toString()).toBe('DISCONNECT idle\n');
  sender.reset();
  receiver.end();
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['idle', 'idle']);
});

it.concurrent('stalled_pair: nothing is left of one whose receiver never reads again', async () => {
  await using relay = await startRelay({ idleTimeoutMs: 1_500 });
  const { sender, receiver } = await relay.pair('stalled');
  receiver.socket.pause();
  await feedUntilStalled(sender.socket);
  expect(await sender.untilEnd()).toBe('DISCONNECT\n');
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['idle', 'idle']);
});

it.concurrent.each([
  ['', 'DISCONNECT\n'],
  [':status', 'PAIRED\nDISCONNECT idle\n'],
  [':raw', ''],
])('idle timeout: both get it, with%s', async (options, words) => {
  await using relay = await startRelay({ idleTimeoutMs: 1_500 });
  const pairedAt = performance.now();
  const { sender, receiver } = await relay.pair('idle', options, options);
  const texts = await Promise.all([sender.untilEnd(), receiver.untilEnd()]);
  expect(performance.now() - pairedAt).toBeGreaterThan(1_450);
  expect(texts.map((text) => text.replace(/^WAITING \d+\n/, ''))).toEqual([words, words]);
  sender.end();
  receiver.end();
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['idle', 'idle']);
});

it.concurrent('idle timeout: one byte either way puts it off', async () => {
  // Much longer than a pause: a machine that does other things has its own.
  await using relay = await startRelay({ idleTimeoutMs: 3_000 });
  const { sender, receiver } = await relay.pair('alive');
  for (let turn = 0; turn < 8; turn += 1) {
    (turn % 2 === 0 ? sender : receiver).write('.');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect([sender.text, receiver.text]).toEqual(['....', '....']);
  expect(await sender.untilEnd()).toBe('....DISCONNECT\n');
  sender.end();
  receiver.end();
  await relay.untilEmpty();
});

it('one_frozen_of_100: the others get all of their bytes', async () => {
  await using relay = await startRelay();
  const frozen = await relay.pair('frozen');
  frozen.receiver.socket.pause();
  await feedUntilStalled(frozen.sender.socket);
  const pairs = Array.from({ length: 99 }, async (_, index) => {
    const line = `pair-${index}:receiver:wait\n`;
    using receiver = await Sink.connect(relay.port, { line, payload: MIB });
    const sender = await relay.connect(`pair-${index}:sender\n`);
    await feed(sender.socket, MIB, index);
    sender.end();
    await receiver.untilEnd();
    return [receiver.count, receiver.rest];
  });
  const results = await Promise.all(pairs);
  expect(results).toEqual(Array.from({ length: 99 }, () => [MIB, 'DISCONNECT\n']));
  await relay.untilRooms({ paired: 1 });
  // It was not ended, and goes on where it stood.
  const held = frozen.sender.socket.bytesWritten - Buffer.byteLength('frozen:sender\n');
  frozen.sender.end();
  frozen.receiver.socket.resume();
  await frozen.receiver.until(({ ended }) => ended);
  expect(frozen.receiver.bytes.length).toBe(held + 'DISCONNECT\n'.length);
  frozen.receiver.end();
  await relay.untilEmpty();
});
