import { describe, expect, it } from 'vitest';
import type { Client } from '../../helpers/client.js';
import { eventually } from '../../helpers/eventually.js';
import { HAS_PROC, isProbed } from '../../helpers/proc.js';
import { startRelay } from '../../helpers/relay.js';

const NO_ROOM = /^Invalid code or key\./;

/** FIN behind everything, then close(2): the client is gone, whole. */
async function closeWhole(client: Client, data: string | Buffer): Promise<void> {
  await new Promise<void>((finished) => client.socket.end(data, finished));
  client.socket.destroy();
}

describe('leaving a room that waits', () => {
  it('sender_leaves_waiting: by a reset, it is out at once, and so is its room', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('leaves:sender\n');
    await relay.untilRooms({ waiting: 1 });
    sender.reset();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'lost', role: 'sender', bytesIn: 0, pairedMs: 0 }]);
    expect(await relay.ask('leaves:receiver\n')).toMatch(NO_ROOM);
    const next = await relay.connect('leaves:sender\n');
    await relay.untilRooms({ waiting: 1 });
    next.reset();
    await relay.untilEmpty();
  });

  it('sender_leaves_waiting: a reset right behind its payload', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('leaves:sender\n');
    await relay.untilRooms({ waiting: 1 });
    sender.write('payload');
    sender.reset();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'lost', role: 'sender' }]);
  });

  it.each(['sender:status', 'receiver:wait:status'])('by FIN, with status lines: %s', async (role) => {
    await using relay = await startRelay();
    const client = await relay.connect(`leaves:${role}\n`);
    await client.untilText('WAITING');
    client.end();
    expect(await client.untilClosed()).toBe('WAITING 600\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'closed' }]);
    expect(await relay.ask('leaves:receiver\n')).toMatch(NO_ROOM);
  });

  it.each(['', 'payload'])(
    'by FIN in the same packet as the line, with status lines, and %j',
    async (payload) => {
      // Limits that are on take a moment between the line and the room.
      await using relay = await startRelay({ rateLimitIp: 1000, rateLimitCode: 1000 });
      const client = await relay.connect();
      client.end(`leaves:sender:status\n${payload}`);
      await client.untilClosed();
      await relay.untilEmpty();
      expect(relay.records).toMatchObject([{ ending: 'closed' }]);
    },
  );

  it('a receiver by a reset, and the sender of several waits on', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('leaves:sender:receivers=2\nto both');
    await relay.untilRooms({ waiting: 1 });
    const lost = await relay.connect('leaves:receiver:status\n');
    await lost.untilText('WAITING');
    lost.reset();
    await eventually(() => expect(relay.records).toMatchObject([{ ending: 'lost', role: 'receiver' }]));
    const [a, b] = [await relay.connect('leaves:receiver\n'), await relay.connect('leaves:receiver\n')];
    sender.end();
    for (const receiver of [a, b]) expect(await receiver.finish()).toBe('to bothDISCONNECT\n');
    await relay.untilEmpty();
  });
});

describe('half-closed while it waits', () => {
  it('a plain sender has sent its whole file: the receiver gets all of it', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('half:sender\n');
    sender.end('a whole small file');
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('half:receiver\n');
    receiver.end('thanks');
    expect(await receiver.untilEnd()).toBe('a whole small fileDISCONNECT\n');
    // It could still read all the while.
    expect(await sender.untilEnd()).toBe('thanksDISCONNECT\n');
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['closed', 'closed']);
  });

  it('a plain receiver that only reads, and waits for its sender', async () => {
    await using relay = await startRelay();
    const receiver = await relay.connect('half:receiver:wait\n');
    receiver.end();
    await relay.untilRooms({ waiting: 1 });
    const sender = await relay.connect('half:sender\n');
    expect(await sender.untilEnd()).toBe('DISCONNECT\n');
    sender.end('to one who half-closed');
    expect(await receiver.untilEnd()).toBe('to one who half-closedDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('a sender that closed its socket whole and is gone: its file arrives, long after', async () => {
    await using relay = await startRelay();
    const file = Buffer.alloc(48 * 1024, 'a small file. ');
    const sender = await relay.connect('gone:sender\n');
    await closeWhole(sender, file);
    await relay.untilRooms({ waiting: 1 });
    // The time in which something on the way could find out that nobody is there any more.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(relay.relay.rooms.waiting).toBe(1);
    const receiver = await relay.connect('gone:receiver\n');
    await receiver.finish();
    expect(receiver.text).toBe(`${file.toString()}DISCONNECT\n`);
    await relay.untilEmpty();
    expect(relay.records.find(({ role }) => role === 'sender')).toMatchObject({
      bytesIn: file.length,
      bytesOut: 0,
    });
  });

  // A closed socket answers a probe with a reset, and the file would be lost with it.
  it.skipIf(!HAS_PROC)('is not probed by keepalive until it is paired', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('gone:sender\n');
    await relay.untilRooms({ waiting: 1 });
    const { localPort } = sender.socket;
    await eventually(() => expect(isProbed(relay.port, localPort!)).toBe(true));
    sender.end('the file');
    await eventually(() => expect(isProbed(relay.port, localPort!)).toBe(false));
    const receiver = await relay.connect('gone:receiver\n');
    await receiver.untilText('the file');
    expect(isProbed(relay.port, localPort!)).toBe(true);
    receiver.end();
    await sender.untilEnd();
    await relay.untilEmpty();
  });

  it.skipIf(!HAS_PROC)('is not probed where its FIN came along with its line', async () => {
    await using relay = await startRelay({ rateLimitIp: 1000, rateLimitCode: 1000 });
    const sender = await relay.connect();
    const { localPort } = sender.socket;
    sender.end('gone:sender\nthe file');
    await relay.untilRooms({ waiting: 1 });
    await eventually(() => expect(isProbed(relay.port, localPort!)).toBe(false));
    expect(await relay.ask('gone:receiver\n')).toBe('the fileDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('gone whole, and the receiver talks back: it still gets the file', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('gone:sender\n');
    await closeWhole(sender, 'the file');
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect('gone:receiver\nhello? anybody there?');
    expect(await receiver.finish()).toBe('the fileDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('of several receivers: everyone gets the file of one who is gone', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('gone:sender:receivers=2\n');
    await closeWhole(sender, 'the file');
    await relay.untilRooms({ waiting: 1 });
    const receivers = [await relay.connect('gone:receiver\n'), await relay.connect('gone:receiver\n')];
    for (const receiver of receivers) expect(await receiver.finish()).toBe('the fileDISCONNECT\n');
    await relay.untilEmpty();
  });
});
