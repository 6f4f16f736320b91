import { describe, expect, it } from 'vitest';
import type { Client } from '../../helpers/client.js';
import { startRelay } from '../../helpers/relay.js';

const STREAM = 'the same stream for everyone';

describe('a sender of three receivers', () => {
  it.each([
    ['s', 'a', 'b', 'c'],
    ['a', 's', 'b', 'c'],
    ['a', 'b', 's', 'c'],
    ['a', 'b', 'c', 's'],
  ])('in the order %s %s %s %s: PAIRED when all are there, the same bytes to each', async (...order) => {
    await using relay = await startRelay();
    const receivers: Client[] = [];
    let sender: Client | undefined;
    for (const who of order) {
      const role = who === 's' ? 'sender:receivers=3' : 'receiver:wait';
      const client = await relay.connect(`three:${role}:status\n`);
      // Each is in before the next one comes.
      await client.untilText('\n');
      if (who === 's') sender = client;
      else receivers.push(client);
    }
    await relay.untilRooms({ waiting: 0, paired: 1 });
    sender!.end(STREAM);
    for (const receiver of receivers) {
      const last = receiver === receivers[2] && order[3] !== 's';
      expect(await receiver.finish()).toBe(
        `${last ? '' : 'WAITING 600\n'}PAIRED\n${STREAM}DISCONNECT closed\n`,
      );
    }
    expect(await sender!.untilEnd()).toMatch(/PAIRED\nDISCONNECT closed\n$/);
    await relay.untilEmpty();
  });

  it('sends early payload to each of them, once', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('three:sender:receivers=3\nearly, ');
    await relay.untilRooms({ waiting: 1 });
    const receivers = await Promise.all([1, 2, 3].map(() => relay.connect('three:receiver\n')));
    await relay.untilRooms({ paired: 1 });
    sender.end('late');
    for (const receiver of receivers) expect(await receiver.finish()).toBe('early, lateDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('is not paired by two, and a fourth is one too many', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('three:sender:receivers=3:status\n');
    await sender.untilText('WAITING');
    const receivers = [];
    for (let n = 0; n < 2; n += 1) {
      const receiver = await relay.connect('three:receiver:status\n');
      await receiver.untilText('WAITING 600\n');
      receivers.push(receiver);
    }
    expect(relay.relay.rooms).toEqual({ waiting: 1, paired: 0, held: 0 });
    receivers.push(await relay.connect('three:receiver\n'));
    await sender.untilText('PAIRED\n');
    expect(await relay.ask('three:receiver:wait\n')).toBe('Room is full.\n');
    sender.end(STREAM);
    for (const receiver of receivers) expect(await receiver.finish()).toContain(`${STREAM}DISCONNECT`);
    await relay.untilEmpty();
  });

  it('that leaves while it waits leaves the receivers to another sender', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('three:sender:receivers=3:status\n');
    await sender.untilText('WAITING');
    const receivers = [];
    for (let n = 0; n < 2; n += 1) {
      const receiver = await relay.connect('three:receiver:status\n');
      await receiver.untilText('WAITING');
      receivers.push(receiver);
    }
    sender.end();
    await sender.untilClosed();
    const another = await relay.connect('three:sender:receivers=2\n');
    another.end(STREAM);
    for (const receiver of receivers) {
      expect(await receiver.finish()).toBe(`WAITING 600\nPAIRED\n${STREAM}DISCONNECT closed\n`);
    }
    await relay.untilEmpty();
  });
});

describe('receivers that came before their sender', () => {
  it('are told when they are more than it wants; who came first is served', async () => {
    await using relay = await startRelay();
    const receivers = [];
    for (let n = 0; n < 4; n += 1) {
      const receiver = await relay.connect(`surplus:receiver:wait${n % 2 === 0 ? ':status' : ''}\n`);
      if (n % 2 === 0) await receiver.untilText('WAITING');
      // The plain one is in when the relay answers another one after it.
      else await relay.ask('another\n');
      receivers.push(receiver);
    }
    const sender = await relay.connect('surplus:sender:receivers=2\n');
    sender.end(STREAM);
    const said = await Promise.all(receivers.map((receiver) => receiver.finish()));
    expect(said).toEqual([
      `WAITING 600\nPAIRED\n${STREAM}DISCONNECT closed\n`,
      `${STREAM}DISCONNECT\n`,
      'WAITING 600\nERROR room-full Room is full.\n',
      'Room is full.\n',
    ]);
    await relay.untilEmpty();
    const endings = relay.records.filter(({ role }) => role === 'receiver').map(({ ending }) => ending);
    expect(endings.sort()).toEqual(['closed', 'closed', 'room-full', 'room-full']);
  });

  it('are 16 at most', async () => {
    await using relay = await startRelay();
    const receivers = [];
    for (let n = 0; n < 16; n += 1) {
      const receiver = await relay.connect('sixteen:receiver:wait:status\n');
      await receiver.untilText('WAITING');
      receivers.push(receiver);
    }
    expect(await relay.ask('sixteen:receiver:wait\n')).toBe('Room is full.\n');
    const sender = await relay.connect('sixteen:sender:receivers=16\n');
    sender.end(STREAM);
    for (const receiver of receivers)
      expect(await receiver.finish()).toContain(`PAIRED\n${STREAM}DISCONNECT`);
    await relay.untilEmpty();
  });
});
