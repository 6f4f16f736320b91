import { describe, expect, it } from 'vitest';
import type { HandoverMessage } from '../../../src/relay/handover/channel.js';
import { SlowDirectory } from '../../helpers/directory.js';
import { eventually } from '../../helpers/eventually.js';
import { startRelay } from '../../helpers/relay.js';

describe.concurrent('a directory that takes its time', () => {
  it('lets nobody into a room before it has answered', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const sender = await relay.connect('code:sender:status\nfile');
    const receiver = await relay.connect('code:receiver:status:wait\n');
    await directory.untilAsked(2);
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
    directory.answer();
    await receiver.untilText('PAIRED\nfile');
    expect(directory.released).toEqual([]);
    sender.end();
    receiver.end();
    await relay.untilEmpty();
    expect(directory.released).toHaveLength(1);
  });

  it('is told where a room that it placed here came to nothing', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const receiver = await relay.connect('code:receiver\n');
    await directory.untilAsked(1);
    directory.answer();
    await receiver.untilEnd();
    expect(receiver.text).toMatch(/^Invalid code or key\./);
    expect(directory.released).toHaveLength(1);
  });

  it('may say that nobody can have the room now', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const sender = await relay.connect('code:sender:status\n');
    await directory.untilAsked(1);
    directory.answer({ token: 'server-full' });
    await sender.untilEnd();
    expect(sender.text).toBe('ERROR server-full Server is full. Try again later.\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ ending: 'server-full', admitted: false, role: 'sender' }]);
  });

  it('finds nobody whose client has left in the meantime: by a reset, or with status by FIN', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const reset = await relay.connect('one:sender\n');
    const closed = await relay.connect('two:sender:status\n');
    await directory.untilAsked(2);
    reset.socket.resetAndDestroy();
    closed.end();
    await relay.untilEmpty();
    directory.answer();
    await eventually(() => expect(directory.released).toHaveLength(2));
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
    expect(relay.records.map(({ ending }) => ending).sort()).toEqual(['closed', 'lost']);
  });

  it('sees a client leave that waits in its room after the answer: with status by FIN', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const sender = await relay.connect('code:sender:status\nearly');
    await directory.untilAsked(1);
    directory.answer();
    await sender.untilText('WAITING');
    sender.end();
    await sender.untilEnd();
    await relay.untilEmpty();
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 0 });
    expect(relay.records).toMatchObject([{ ending: 'closed', admitted: true, bytesIn: 5 }]);
  });

  it('finds a plain client that has sent its whole file and FIN', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const sender = await relay.connect('code:sender\nall of it');
    sender.end();
    await directory.untilAsked(1);
    const receiver = await relay.connect('code:receiver:wait\n');
    await directory.untilAsked(2);
    directory.answer();
    await receiver.untilEnd();
    expect(receiver.text).toBe('all of itDISCONNECT\n');
  });

  it('seats those whom it answers at once one behind the other: who is replaced was waiting, and was paired', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const line = (role: string): string => `code:${role}:status:retry:key=k\n`;
    const first = await relay.connect(line('sender'));
    await directory.untilAsked(1);
    const second = await relay.connect(line('sender'));
    await directory.untilAsked(2);
    const receiver = await relay.connect(line('receiver:wait'));
    await directory.untilAsked(3);
    const third = await relay.connect(line('sender'));
    await directory.untilAsked(4);
    directory.answer();
    await Promise.all([first, second, receiver].map((client) => client.untilEnd()));
    await third.untilText('WAITING');
    expect(first.text).toMatch(/^WAITING \d+\nDISCONNECT lost\n$/);
    expect(second.text).toMatch(/^WAITING \d+\nPAIRED\nDISCONNECT lost\n$/);
    expect(receiver.text).toBe('PAIRED\nDISCONNECT lost\n');
    expect(relay.relay.rooms).toEqual({ waiting: 0, paired: 0, held: 1 });
    for (const client of [first, second, receiver]) client.end();
    await eventually(() => expect(relay.records).toHaveLength(3));
    expect(relay.records.map(({ admitted, ending }) => ({ admitted, ending }))).toEqual(
      Array(3).fill({ admitted: true, ending: 'lost' }),
    );
  });

  it('keeps nobody who is told that the relay stops', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    const sender = await relay.connect('code:sender:status\n');
    await directory.untilAsked(1);
    const closing = relay.relay.close();
    await sender.untilEnd();
    expect(sender.text).toBe('ERROR shutting-down Server is shutting down.\n');
    sender.end();
    await closing;
    directory.answer();
  });

  it('keeps nobody in the old process of an upgrade: who waits for it moves, with its own words', async () => {
    const directory = new SlowDirectory();
    await using relay = await startRelay({ directory });
    await relay.connect('code:sender:status:key=k\nearly');
    await directory.untilAsked(1);
    const sent: HandoverMessage[] = [];
    let tell: (message: HandoverMessage) => void = () => undefined;
    const listeners: ((message: HandoverMessage) => void)[] = [];
    tell = (message) => listeners.forEach((listener) => listener(message));
    const handedOver = relay.relay.handOver({
      send(message, socket) {
        sent.push(message);
        if (message.kind === 'yielded') queueMicrotask(() => tell({ kind: 'prepared' }));
        if (message.kind === 'go') queueMicrotask(() => tell({ kind: 'listening' }));
        socket?.destroy();
      },
      onMessage: (listener) => void listeners.push(listener),
      onClose: () => undefined,
      close: () => undefined,
    });
    await handedOver;
    const clients = sent.flatMap((message) => (message.kind === 'client' ? [message.client] : []));
    expect(clients).toHaveLength(1);
    expect(clients[0]).toMatchObject({ source: '127.0.0.1', seat: undefined });
    expect(Buffer.from(clients[0]!.head).toString()).toBe('code:sender:status:key=k\nearly');
    directory.answer();
    await relay.relay.close({ graceMs: 0 });
    // The successor has asked for the room by now.
    expect(directory.released).toEqual([]);
    // Its story is told by the other process.
    expect(relay.records).toEqual([]);
  });
});
