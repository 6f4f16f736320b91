import { expect, it } from 'vitest';
import { feed, noise, noiseHash, sha256, Sink } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const MIB = 1024 * 1024;

it('half_close: after the FIN of one side the other gets all of it and goes on writing', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('half');
  const [there, back] = [noise(300_000, 1), noise(400_000, 2)];
  sender.end(there);
  expect(await receiver.untilEnd()).toHaveLength(there.length + 'DISCONNECT\n'.length);
  receiver.write(back.subarray(0, 1000));
  await sender.untilBytes(1000);
  expect(sender.ended).toBe(false);
  receiver.end(back.subarray(1000));
  await sender.untilEnd();
  expect(sha256(receiver.bytes)).toBe(sha256(there, Buffer.from('DISCONNECT\n')));
  expect(sha256(sender.bytes)).toBe(sha256(back, Buffer.from('DISCONNECT\n')));
  await relay.untilEmpty();
});

it('half_close: the receiver may be the first', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('half');
  receiver.end('that was all');
  expect(await sender.untilEnd()).toBe('that was allDISCONNECT\n');
  sender.write('not ');
  await receiver.untilText('not ');
  sender.end('from me');
  expect(await receiver.untilEnd()).toBe('not from meDISCONNECT\n');
  await relay.untilEmpty();
});

it('sender_fin_with_queue: every byte, then the notice', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('queue');
  receiver.socket.pause();
  // More than the kernel's buffers hold: the FIN stands behind bytes in the sender's own queue.
  const payload = noise(24 * MIB);
  sender.end(payload);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sender.socket.writableLength).toBeGreaterThan(0);
  receiver.socket.resume();
  receiver.end();
  await receiver.until(({ ended }) => ended);
  expect(receiver.bytes.length).toBe(payload.length + 'DISCONNECT\n'.length);
  expect(sha256(receiver.bytes)).toBe(sha256(payload, Buffer.from('DISCONNECT\n')));
  await relay.untilEmpty();
});

it('payload_contains_DISCONNECT: it is passed on as it is', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('word');
  sender.write('DISCONNECT\n');
  await receiver.untilText('DISCONNECT\n');
  sender.write('DISCONNECT closed\nDISCON');
  await receiver.untilText('DISCON');
  receiver.write('DISCONNECT\n');
  await sender.untilText('DISCONNECT\n');
  sender.end('NECT\n');
  expect(await receiver.untilEnd()).toBe('DISCONNECT\nDISCONNECT closed\nDISCONNECT\nDISCONNECT\n');
  receiver.end();
  expect(await sender.untilEnd()).toBe('DISCONNECT\nDISCONNECT\n');
  await relay.untilEmpty();
});

it('notice_under_backpressure: it comes last, behind every byte', async () => {
  await using relay = await startRelay();
  const words = 'WAITING 600\nPAIRED\n';
  const payload = words.length + 16 * MIB;
  using sink = await Sink.connect(relay.port, { line: 'press:receiver:wait:status\n', payload });
  const sender = await relay.connect('press:sender\n');
  await sink.untilCount(words.length);
  sink.socket.pause();
  const fed = feed(sender.socket, 16 * MIB).then(() => sender.end());
  // Small steps, so that the buffers of the relay stay full until the end.
  const reading = setInterval(() => {
    sink.socket.resume();
    setImmediate(() => sink.socket.pause());
  }, 2);
  await sink.untilEnd();
  clearInterval(reading);
  await fed;
  sink.socket.end();
  expect(sink.rest).toBe('DISCONNECT closed\n');
  await relay.untilEmpty();
  expect(relay.records.map(({ bytesIn, bytesOut }) => bytesIn + bytesOut)).toEqual([16 * MIB, 16 * MIB]);
});

it('bidirectional_flood: no deadlock, and both streams are whole', async () => {
  await using relay = await startRelay();
  const size = 24 * MIB;
  using receiver = await Sink.connect(relay.port, { line: 'flood:receiver:wait\n', payload: size });
  using sender = await Sink.connect(relay.port, { line: 'flood:sender\n', payload: size });
  await Promise.all([feed(sender.socket, size, 1), feed(receiver.socket, size, 2)]);
  sender.socket.end();
  receiver.socket.end();
  await Promise.all([sender.untilEnd(), receiver.untilEnd()]);
  expect([receiver.digest(), sender.digest()]).toEqual([noiseHash(size, 1), noiseHash(size, 2)]);
  expect([receiver.rest, sender.rest]).toEqual(['DISCONNECT\n', 'DISCONNECT\n']);
  await relay.untilEmpty();
});

it('bidirectional_flood: where nobody reads until both have stalled', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('flood');
  const payloads = [noise(16 * MIB, 1), noise(16 * MIB, 2)] as const;
  sender.socket.pause();
  receiver.socket.pause();
  sender.end(payloads[0]);
  receiver.end(payloads[1]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(sender.socket.writableLength * receiver.socket.writableLength).toBeGreaterThan(0);
  sender.socket.resume();
  receiver.socket.resume();
  await Promise.all([sender.until(({ ended }) => ended), receiver.until(({ ended }) => ended)]);
  expect(sha256(receiver.bytes)).toBe(sha256(payloads[0], Buffer.from('DISCONNECT\n')));
  expect(sha256(sender.bytes)).toBe(sha256(payloads[1], Buffer.from('DISCONNECT\n')));
  await relay.untilEmpty();
});

it('1_byte_chunks: 20,000 of them, each in a packet of its own', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('bytes');
  const payload = noise(20_000);
  for (let at = 0; at < payload.length; at += 1) {
    sender.write(payload.subarray(at, at + 1));
    // A turn of the event loop now and then, or the relay, which shares it, would get them all at once.
    if (at % 20 === 0) await new Promise(setImmediate);
  }
  sender.end();
  await receiver.untilEnd();
  expect(sha256(receiver.bytes)).toBe(sha256(payload, Buffer.from('DISCONNECT\n')));
  receiver.end();
  await relay.untilEmpty();
});

it.each(['', ':status'])('raw%s: the exact bytes and no notice', async (status) => {
  await using relay = await startRelay();
  const receiver = await relay.connect(`raw:receiver:raw:wait${status}\n`);
  if (status !== '') await receiver.untilText('WAITING');
  const sender = await relay.connect('raw:sender\n');
  const payload = noise(200_000);
  sender.end(payload);
  await receiver.untilEnd();
  const lines = status === '' ? 0 : receiver.text.indexOf('PAIRED\n') + 'PAIRED\n'.length;
  expect(sha256(receiver.bytes.subarray(lines))).toBe(sha256(payload));
  receiver.end('answer');
  // It did not ask for raw itself.
  expect(await sender.untilEnd()).toBe('answerDISCONNECT\n');
  await relay.untilEmpty();
});
