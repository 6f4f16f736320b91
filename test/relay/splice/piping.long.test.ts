import { expect, it } from 'vitest';
import { Client } from '../../helpers/client.js';
import { feed, feedUntilStalled, noise, noiseHash, sha256, Sink } from '../../helpers/flow.js';
import { rssMiB } from '../../helpers/proc.js';
import { RelayProcess } from '../../helpers/process.js';
import { startRelay } from '../../helpers/relay.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PATIENCE_MS = 500_000;

it('10 GiB with flat RSS', async () => {
  await using relay = await RelayProcess.start();
  const size = 10 * GIB;
  using receiver = await Sink.connect(relay.port, { line: 'huge:receiver:wait\n', payload: size });
  using sender = await Client.connect(relay.port, { line: 'huge:sender\n' });
  const fed = feed(sender.socket, size).then(() => sender.end());
  await receiver.untilCount(GIB, PATIENCE_MS);
  const warm = rssMiB(relay.pid);
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, rssMiB(relay.pid))), 100);
  await fed;
  await receiver.untilEnd(PATIENCE_MS);
  clearInterval(timer);
  receiver.socket.end();
  expect([receiver.count, receiver.rest]).toEqual([size, 'DISCONNECT\n']);
  expect(receiver.digest()).toBe(noiseHash(size));
  expect(peak - warm).toBeLessThan(48);
  await relay.untilEnded(2);
});

it('1_byte_chunks ×1,000,000', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('bytes');
  using sink = await Sink.connect(relay.port, { line: 'many:receiver:wait\n', payload: 1_000_000 });
  using source = await Client.connect(relay.port, { line: 'many:sender\n' });
  const payload = noise(1_000_000);
  for (let at = 0; at < payload.length; at += 1) {
    source.write(payload.subarray(at, at + 1));
    if (at % 20 === 0) await new Promise(setImmediate);
  }
  source.end();
  await sink.untilEnd(PATIENCE_MS);
  expect([sink.digest(), sink.rest]).toEqual([sha256(payload), 'DISCONNECT\n']);
  sink.socket.end();
  sender.end();
  receiver.end();
  await relay.untilEmpty();
});

it('one_frozen_of_100: the others keep 90% of their speed', async () => {
  /** Bytes a second of 99 pairs, the best of some rounds: one round tells little on a busy machine. */
  const measure = async (relay: RelayProcess): Promise<number> => {
    let best = 0;
    for (let round = 0; round < 5; round += 1) {
      const startedAt = performance.now();
      await Promise.all(
        Array.from({ length: 99 }, async (_, index) => {
          const line = `pair-${round}-${index}:receiver:wait\n`;
          using receiver = await Sink.connect(relay.port, { line, payload: 8 * MIB });
          using sender = await Client.connect(relay.port, { line: `pair-${round}-${index}:sender\n` });
          await feed(sender.socket, 8 * MIB);
          sender.end();
          await receiver.untilEnd(PATIENCE_MS);
          expect([receiver.count, receiver.rest]).toEqual([8 * MIB, 'DISCONNECT\n']);
        }),
      );
      best = Math.max(best, (99 * 8 * MIB * 1000) / (performance.now() - startedAt));
    }
    return best;
  };
  const limits = ['--max-connections-per-ip', '0', '--rate-limit-ip', '0', '--rate-limit-code', '0'];
  await using relay = await RelayProcess.start(limits);
  await measure(relay);
  const alone = await measure(relay);
  using receiver = await Client.connect(relay.port, { line: 'frozen:receiver:wait\n' });
  using sender = await Client.connect(relay.port, { line: 'frozen:sender\n' });
  receiver.socket.pause();
  await feedUntilStalled(sender.socket);
  const together = await measure(relay);
  expect(sender.text).toBe('');
  expect(together / alone).toBeGreaterThan(0.9);
});
