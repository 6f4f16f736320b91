import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { Client } from '../helpers/client.js';
import { feed, noiseBlocks, Sink } from '../helpers/flow.js';
import { UpgradingRelay } from '../helpers/upgrading.js';

const MIB = 1024 * 1024;
const NO_LIMITS = ['--rate-limit-ip', '0', '--rate-limit-code', '0', '--max-connections-per-ip', '0'];

/** So many upgrades, one after the other, under a transfer at full speed and people who come all the time. Nobody is lost. */
export async function upgradesUnderWay(upgrades: number): Promise<void> {
  await using relay = await UpgradingRelay.start([...NO_LIMITS, '--shutdown-grace', '10m']);
  const receiver = await Sink.connect(relay.port, { line: 'long:receiver:wait:raw\n' });
  const sender = await Client.connect(relay.port, { line: 'long:sender:raw\n' });
  const time = { isOver: false };
  const sent = (async () => {
    for (let seed = 1; ; seed += 1) {
      await feed(sender.socket, 4 * MIB, seed % 256);
      if (time.isOver) return seed;
    }
  })();
  const visits = Array.from({ length: 4 }, async (_, visitor) => {
    let count = 0;
    for (; !time.isOver; count += 1) await visit(relay.port, `${visitor}-${count}`);
    return count;
  });
  for (let count = 0; count < upgrades; count += 1) {
    const before = receiver.count;
    await relay.upgrade();
    await receiver.untilCount(before + MIB);
  }
  time.isOver = true;
  const blocks = await sent;
  sender.end();
  await receiver.untilEnd();
  expect(receiver.count).toBe(blocks * 4 * MIB);
  expect(receiver.digest()).toBe(hashOfBlocks(blocks));
  for (const count of await Promise.all(visits)) expect(count).toBeGreaterThan(upgrades);
  receiver.socket.end();
  for (const pid of relay.pids.slice(0, -1)) await relay.untilGone(pid);
  const refused = relay.lines.filter(
    ({ msg, ending }) => msg === 'connection ended' && ending !== 'closed' && ending !== 'lost',
  );
  expect(refused, JSON.stringify(refused)).toEqual([]);
}

/** Two people who meet, and tell each other something. */
async function visit(port: number, code: string): Promise<void> {
  using receiver = await Client.connect(port, { line: `${code}:receiver:wait\n` });
  using sender = await Client.connect(port, { line: `${code}:sender:raw\nhello ${code}` });
  await receiver.untilText(`hello ${code}`);
  receiver.end('thanks');
  await sender.untilText('thanks');
  sender.end();
  await receiver.untilText('DISCONNECT\n');
  await sender.untilClosed();
}

function hashOfBlocks(count: number): string {
  const hash = createHash('sha256');
  for (let seed = 1; seed <= count; seed += 1) {
    for (const block of noiseBlocks(4 * MIB, seed % 256)) hash.update(block);
  }
  return hash.digest('hex');
}
