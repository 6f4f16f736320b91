import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { feed, feedUntilStalled, noiseHash, Sink } from '../helpers/flow.js';
import { HAS_PROC, rssMiB } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';

const MIB = 1024 * 1024;

/** The most that a process has in memory while something is done, in MiB. */
async function peakDuring(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, rssMiB(pid))), 20);
  await work.finally(() => clearInterval(timer));
  return Math.max(peak, rssMiB(pid));
}

describe.skipIf(!HAS_PROC)('memory of the relay', () => {
  it('receiver_never_reads: the sender stalls, and memory stays flat', async () => {
    await using relay = await RelayProcess.start(['--max-connections-per-ip', '0']);
    const before = rssMiB(relay.pid);
    const pairs = 8;
    const written: number[] = [];
    const clients: Client[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const receiver = await Client.connect(relay.port, { line: `pair-${pair}:receiver:wait\n` });
      const sender = await Client.connect(relay.port, { line: `pair-${pair}:sender\n` });
      receiver.socket.pause();
      clients.push(sender, receiver);
    }
    const senders = clients.filter((_, index) => index % 2 === 0);
    const stalled = Promise.all(
      senders.map(async ({ socket }) => written.push(await feedUntilStalled(socket))),
    );
    const peak = await peakDuring(relay.pid, stalled);
    // What the kernel holds on both sides, no more: a relay that reads on would take all there is.
    expect(Math.max(...written)).toBeLessThan(32 * MIB);
    expect(peak - before).toBeLessThan(64);
    const after = rssMiB(relay.pid);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(senders.map(({ socket }) => socket.bytesWritten - socket.writableLength)).toEqual(
      expect.arrayContaining(written),
    );
    expect(rssMiB(relay.pid) - after).toBeLessThan(8);
    for (const client of clients) client.reset();
    await relay.untilEnded(2 * pairs);
  });

  it('256 MiB pass with flat memory, and all of it arrives', async () => {
    await using relay = await RelayProcess.start();
    const size = 256 * MIB;
    const before = rssMiB(relay.pid);
    using receiver = await Sink.connect(relay.port, { line: 'big:receiver:wait\n', payload: size });
    using sender = await Client.connect(relay.port, { line: 'big:sender\n' });
    const moved = feed(sender.socket, size)
      .then(() => sender.end())
      .then(() => receiver.untilEnd());
    const peak = await peakDuring(relay.pid, moved);
    receiver.socket.end();
    expect([receiver.count, receiver.rest]).toEqual([size, 'DISCONNECT\n']);
    expect(receiver.digest()).toBe(noiseHash(size));
    // Mostly V8's young generation, which differs between versions of Node.
    expect(peak - before).toBeLessThan(96);
    const ended = await relay.untilEnded(2);
    expect(ended.map((line) => [line['role'], line['bytesIn'], line['bytesOut']]).sort()).toEqual([
      ['receiver', 0, size],
      ['sender', size, 0],
    ]);
  });
});
