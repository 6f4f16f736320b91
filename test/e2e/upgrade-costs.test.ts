import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { noise } from '../helpers/flow.js';
import { RelayProcess } from '../helpers/process.js';
import { UpgradingRelay } from '../helpers/upgrading.js';

const NOTICE = 'DISCONNECT\n';
const KEPT = ['--max-room-bytes', '100kB', '--daily-quota', '120kB'];

async function pair(port: number, code: string): Promise<{ sender: Client; receiver: Client }> {
  const receiver = await Client.connect(port, { line: `${code}:receiver:wait:retry:key=k\n` });
  const sender = await Client.connect(port, { line: `${code}:sender:retry:key=k\n` });
  return { sender, receiver };
}

it('an upgrade in the middle of a transfer gives neither its room nor its sender anything anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'relay-upgrade-costs-'));
  const args = [...KEPT, '--state-dir', dir];
  try {
    await using relay = await UpgradingRelay.start(args);
    const old = relay.pid;
    const first = await pair(relay.port, 'room');
    first.sender.write(noise(30_000));
    await first.receiver.untilBytes(30_000);
    await relay.upgrade();
    // The old process still carries this pairing, and the new one has the room when it is over.
    first.sender.end(noise(20_000));
    expect((await first.receiver.untilEnd()).length).toBe(50_000 + NOTICE.length);
    first.receiver.end();
    await relay.untilGone(old);
    const second = await pair(relay.port, 'room');
    second.sender.write(noise(100_000));
    expect((await second.receiver.untilEnd()).length).toBe(50_000 + NOTICE.length);
    for (const client of [first.sender, second.sender, second.receiver]) client.end();
    const last = relay.pid;
    process.kill(last, 'SIGTERM');
    await relay.untilGone(last);

    await using next = await RelayProcess.start(args);
    const third = await pair(next.port, 'other');
    third.sender.write(noise(100_000));
    expect((await third.receiver.untilEnd()).length).toBe(20_000 + NOTICE.length);
    for (const client of [third.sender, third.receiver]) client.end();
  } finally {
    await rm(dir, { recursive: true });
  }
});
