import { describe, expect, it } from 'vitest';
import type { ConnectionRecord } from '../../../src/index.js';
import { feedUntilStalled, noise } from '../../helpers/flow.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';

function recordsOf(relay: TestRelay): { sender: ConnectionRecord; receiver: ConnectionRecord } {
  expect(relay.records).toHaveLength(2);
  const of = (role: string) => relay.records.find((record) => record.role === role)!;
  return { sender: of('sender'), receiver: of('receiver') };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent('the record of each side', () => {
  it.each(['', ':status'])('closed: bytes without the lines of the relay%s', async (status) => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('Secret-1', status, status);
    sender.end(noise(123_456));
    await receiver.untilEnd();
    receiver.end(noise(7_890));
    await sender.untilEnd();
    await relay.untilEmpty();
    const records = recordsOf(relay);
    expect(records.sender).toMatchObject({ ending: 'closed', bytesIn: 123_456, bytesOut: 7_890 });
    expect(records.receiver).toMatchObject({ ending: 'closed', bytesIn: 7_890, bytesOut: 123_456 });
    expect(records.sender.source).toBe('127.0.0.1');
  });

  it('the same room for both, another for another code, and never the code', async () => {
    await using relay = await startRelay();
    for (const code of ['Secret-1', 'Secret-2']) {
      const { sender, receiver } = await relay.pair(code, ':key=Hidden', ':key=Hidden');
      sender.end();
      receiver.end();
      await relay.untilEmpty();
    }
    const rooms = relay.records.map(({ room }) => room);
    expect(new Set(rooms).size).toBe(2);
    expect(rooms[0]).toBe(rooms[1]);
    expect(JSON.stringify(relay.records)).not.toMatch(/Secret|Hidden/);
  });

  it('the time that each waited, and how long they were paired', async () => {
    await using relay = await startRelay();
    const since = performance.now();
    const sender = await relay.connect('times:sender\n');
    await relay.untilRooms({ waiting: 1 });
    await pause(300);
    const receiver = await relay.connect('times:receiver\n');
    await relay.untilRooms({ paired: 1 });
    await pause(200);
    sender.end();
    receiver.end();
    await relay.untilEmpty();
    const passed = performance.now() - since;
    const records = recordsOf(relay);
    expect(records.sender.waitedMs).toBeGreaterThanOrEqual(290);
    expect(records.receiver.waitedMs).toBe(0);
    for (const { pairedMs } of Object.values(records)) {
      expect(pairedMs).toBeGreaterThanOrEqual(190);
      // Whatever the rest took: it is no more than what passed.
      expect(records.sender.waitedMs + pairedMs).toBeLessThanOrEqual(passed);
    }
  });

  it('lost: both are told so, with what each had', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('lost', ':status', ':status');
    sender.write('four');
    await receiver.untilText('four');
    receiver.reset();
    await sender.finish();
    await relay.untilEmpty();
    expect(recordsOf(relay)).toMatchObject({
      sender: { ending: 'lost', bytesIn: 4, bytesOut: 0 },
      receiver: { ending: 'lost', bytesIn: 0, bytesOut: 4 },
    });
  });

  it('closed stays closed where the sender is gone before the receiver has finished', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('gone');
    sender.end('all of it');
    await receiver.untilText('DISCONNECT\n');
    sender.socket.destroy();
    receiver.end();
    await relay.untilEmpty();
    expect(recordsOf(relay)).toMatchObject({
      sender: { ending: 'closed', bytesIn: 9 },
      receiver: { ending: 'closed', bytesOut: 9 },
    });
  });

  it('idle: the lines of the relay that never left are not counted', async () => {
    await using relay = await startRelay({ idleTimeoutMs: 1_500 });
    const { sender, receiver } = await relay.pair('idle', ':status', ':status');
    await receiver.untilText('PAIRED\n');
    receiver.socket.pause();
    await feedUntilStalled(sender.socket);
    await sender.untilText('DISCONNECT idle\n');
    await relay.untilEmpty();
    const records = recordsOf(relay);
    expect(records).toMatchObject({ sender: { ending: 'idle', bytesOut: 0 }, receiver: { ending: 'idle' } });
    expect(records.receiver.bytesOut).toBeGreaterThan(0);
    expect(records.receiver.bytesOut).toBeLessThanOrEqual(records.sender.bytesIn);
  });

  it('a receiver that is lost with its notice on the way got no more than was sent', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('late', '', ':status');
    await receiver.untilText('PAIRED\n');
    receiver.socket.pause();
    // Within 64 KiB of what the buffers hold: the notice is queued right behind, in the same write perhaps.
    await feedUntilStalled(sender.socket);
    receiver.socket.resume();
    await receiver.untilBytes(6 * 1024 * 1024);
    receiver.socket.pause();
    sender.end();
    await pause(200);
    receiver.reset();
    await sender.untilEnd();
    await relay.untilEmpty();
    const records = recordsOf(relay);
    expect(records.receiver.bytesOut).toBeLessThanOrEqual(records.sender.bytesIn);
  });

  it('shutdown', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('down', ':status', ':status');
    sender.write('12');
    await receiver.untilText('12');
    const closed = relay.relay.close({ graceMs: 0 });
    await sender.untilText('DISCONNECT shutdown\n');
    await receiver.untilText('DISCONNECT shutdown\n');
    sender.end();
    receiver.end();
    await closed;
    expect(recordsOf(relay)).toMatchObject({
      sender: { ending: 'shutdown', bytesIn: 2, bytesOut: 0 },
      receiver: { ending: 'shutdown', bytesIn: 0, bytesOut: 2 },
    });
  });

  it('of a refused one: the token, no payload, and no role where the line was bad', async () => {
    await using relay = await startRelay();
    for (const line of ['nobody:receiver\n', 'nobody:Sender\nrubbish']) {
      const client = await relay.connect(line);
      await client.finish();
    }
    await relay.untilEmpty();
    const nothing = { bytesIn: 0, bytesOut: 0, waitedMs: 0, pairedMs: 0 };
    expect(relay.records).toMatchObject([
      { role: 'receiver', ending: 'invalid-code', ...nothing },
      { role: undefined, room: undefined, ending: 'invalid-handshake', ...nothing },
    ]);
  });
});
