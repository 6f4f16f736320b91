import { describe, expect, it } from 'vitest';
import type { Client } from '../../helpers/client.js';
import { startRelay } from '../../helpers/relay.js';

const TRIES_2 = 'Invalid code or key. You have 2 tries remaining before this code is blocked.\n';

describe('who comes first', () => {
  it('receiver_first: without wait, refused', async () => {
    await using relay = await startRelay();
    expect(await relay.ask('first:receiver\n')).toBe(TRIES_2);
    expect(await relay.ask('other:receiver:status\n')).toBe(`ERROR invalid-code ${TRIES_2}`);
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([
      { ending: 'invalid-code', role: 'receiver' },
      { ending: 'invalid-code', role: 'receiver' },
    ]);
  });

  it('receiver_first: with wait, it waits for its sender', async () => {
    await using relay = await startRelay();
    const receiver = await relay.connect('first:receiver:wait\n');
    await relay.untilRooms({ waiting: 1 });
    const sender = await relay.connect('first:sender\n');
    sender.end('at last');
    receiver.end();
    expect(await receiver.untilEnd()).toBe('at lastDISCONNECT\n');
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['closed', 'closed']);
  });

  it('simultaneous_joins: 100 codes, one pair each, and the second of each role is refused', async () => {
    await using relay = await startRelay({ lockoutAttempts: 0, lockoutSourceAttempts: 0 });
    const join = async (n: number) => {
      const lines = ['sender\nfrom 0', 'sender\nfrom 1', 'receiver:wait\n', 'receiver:wait\n'];
      // Each code begins with another of them.
      const order = [0, 1, 2, 3].map((place) => (place + n) % 4);
      const clients = await Promise.all(order.map((which) => relay.connect(`code-${n}:${lines[which]}`)));
      const ofRole = (places: number[]): Client[] => clients.filter((_, at) => places.includes(order[at]!));
      return { senders: ofRole([0, 1]), receivers: ofRole([2, 3]) };
    };
    const groups = await Promise.all(Array.from({ length: 100 }, (_, n) => join(n)));
    await relay.untilRooms({ waiting: 0, paired: 100, held: 0 });
    const said = (clients: readonly Client[]): Promise<string[]> =>
      Promise.all(
        clients.map((client) => {
          client.end();
          return client.untilEnd();
        }),
      );
    for (const { senders, receivers } of groups) {
      const [toSenders, toReceivers] = await Promise.all([said(senders), said(receivers)]);
      expect(toSenders.sort()).toEqual(['Code already in use.\n', 'DISCONNECT\n']);
      expect(toReceivers.sort()).toEqual([
        'Room is full.\n',
        expect.stringMatching(/^from [01]DISCONNECT\n$/),
      ]);
    }
    await relay.untilEmpty();
    expect(relay.records.filter(({ ending }) => ending === 'closed')).toHaveLength(200);
  });
});

describe('who has no place', () => {
  it('two_senders_same_code: the first is untouched', async () => {
    await using relay = await startRelay();
    const first = await relay.connect('taken:sender:status\nfrom ');
    await first.untilText('WAITING');
    expect(await relay.ask('taken:sender:status\nintruder')).toBe('ERROR code-in-use Code already in use.\n');
    expect(await relay.ask('taken:sender\nintruder')).toBe('Code already in use.\n');
    const receiver = await relay.connect('taken:receiver\n');
    await first.untilText('PAIRED');
    expect(await relay.ask('taken:sender\nintruder')).toBe('Code already in use.\n');
    first.end('the first');
    receiver.end('ok');
    expect(await receiver.untilEnd()).toBe('from the firstDISCONNECT\n');
    expect(await first.untilEnd()).toBe('WAITING 600\nPAIRED\nokDISCONNECT closed\n');
    await relay.untilEmpty();
  });

  it('third_party_full_room: refused, and the stream is byte-identical', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('full');
    const chunk = Buffer.alloc(100_003, 'the stream of those who were there first. ');
    const chunks = 30;
    for (let n = 0; n < chunks; n += 1) {
      sender.write(chunk);
      // In the middle of the stream.
      if (n % 10 === 5) {
        expect(await relay.ask('full:receiver\nnoise')).toBe('Room is full.\n');
        expect(await relay.ask('full:receiver:wait:status\n')).toBe('ERROR room-full Room is full.\n');
      }
    }
    sender.end();
    receiver.end();
    await receiver.untilEnd();
    const expected = Buffer.concat([...Array<Buffer>(chunks).fill(chunk), Buffer.from('DISCONNECT\n')]);
    expect(receiver.bytes.equals(expected)).toBe(true);
    expect(await sender.untilEnd()).toBe('DISCONNECT\n');
    await relay.untilEmpty();
  });

  it('a wrong or missing key: refused, and not told that the room is there', async () => {
    await using relay = await startRelay({ lockoutAttempts: 10, lockoutSourceAttempts: 0 });
    const sender = await relay.connect('keyed:sender:key=secret\n');
    await relay.untilRooms({ waiting: 1 });
    const answers = [];
    for (const line of ['receiver:key=wrong', 'receiver', 'receiver:wait', 'sender', 'sender:key=Secret']) {
      answers.push((await relay.ask(`keyed:${line}\n`)).replace(/\d+ tries/, 'N tries'));
    }
    expect(new Set(answers)).toEqual(new Set([TRIES_2.replace('2 tries', 'N tries')]));
    const receiver = await relay.connect('keyed:receiver:key=secret\n');
    sender.end('open');
    receiver.end();
    expect(await receiver.untilEnd()).toBe('openDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('a key shown at a room that has none is a wrong key', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('open:sender\n');
    await relay.untilRooms({ waiting: 1 });
    expect(await relay.ask('open:receiver:key=any\n')).toBe(TRIES_2);
    sender.reset();
    await relay.untilEmpty();
  });
});

describe('codes', () => {
  it('code_reuse_after_finish: no old bytes', async () => {
    await using relay = await startRelay();
    for (const round of ['first', 'second', 'third']) {
      const { sender, receiver } = await relay.pair('again');
      sender.write(`${round} to the receiver`);
      receiver.write(`${round} to the sender`);
      await receiver.untilText('receiver');
      await sender.untilText('sender');
      // What comes late in one round is not heard in the next one.
      sender.end(', late');
      expect(await receiver.finish()).toBe(`${round} to the receiver, lateDISCONNECT\n`);
      expect(await sender.untilEnd()).toBe(`${round} to the senderDISCONNECT\n`);
      await relay.untilRooms({ waiting: 0, paired: 0, held: 0 });
    }
    await relay.untilEmpty();
  });

  it('are compared exactly', async () => {
    await using relay = await startRelay({ lockoutAttempts: 0, lockoutSourceAttempts: 0 });
    const sender = await relay.connect('Exact.1:sender\n');
    await relay.untilRooms({ waiting: 1 });
    for (const code of ['exact.1', 'Exact.1.', 'Exact', 'Exact-1', 'Exact.10']) {
      expect(await relay.ask(`${code}:receiver\n`)).toBe('Invalid code or key.\n');
    }
    sender.reset();
    await relay.untilEmpty();
  });
});
