import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/transfer/entry.js';
import type { TransferEvent } from '../../src/transfer/events.js';
import { formatFrame } from '../../src/transfer/channel/frames.js';
import { MAX_OF_ONE_VERSION, MAX_STRANGERS } from '../../src/transfer/meeting/strangers.js';
import type { Timing } from '../../src/transfer/timing.js';
import {
  bareMessage,
  bytesMessage,
  jsonMessage,
  TransferMessage,
} from '../../src/transfer/transfer-messages.js';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { endOf, HOSTILE_CODE, joinAs, playSender } from '../helpers/hostile.js';
import { listening } from '../helpers/listening.js';
import { type Proxy, startProxy } from '../helpers/proxy.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';
import { plant, type Running, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const NAMEPLATE = '7302';
/** Who comes again is let in soon. How long a word takes on a busy machine nobody knows: it is the usual time… */
const TIMING = { waitsMs: [1, 50], doorAfterMs: { sender: 10, receiver: 10 } };
/** …but for who says nothing. */
const IMPATIENT = { ...TIMING, wordMs: 500 };
const timingFor = (says: string | Uint8Array, then: 'leaves' | 'stays') =>
  says.length === 0 && then === 'stays' ? IMPATIENT : TIMING;
const OFFER: Offer = { kind: 'files', names: ['file'], entries: 1, bytes: 0 };
const OTHER_VERSION = formatFrame(Buffer.alloc(50, 2));

/** What somebody who knows the digits alone may say, and whether they leave then. */
const STRANGERS: readonly (readonly [string, string | Uint8Array, 'leaves' | 'stays'])[] = [
  ['speaks HTTP', 'GET / HTTP/1.1\r\n\r\n', 'stays'],
  ['names an impossible length', Buffer.alloc(4, 0xff), 'stays'],
  ['names a length of nothing', Buffer.alloc(4), 'stays'],
  ['sends a frame of noise', formatFrame(randomBytes(98)), 'stays'],
  ['sends a refusal', formatFrame(Buffer.from([1, 4])), 'stays'],
  ['speaks another version', OTHER_VERSION, 'stays'],
  ['says that the quota is used up', 'DISCONNECT quota\n', 'stays'],
  ['says that the operator has ended it', 'DISCONNECT operator\n', 'leaves'],
  ['says nothing', '', 'stays'],
  ['leaves at once', '', 'leaves'],
  ['leaves in the middle of a frame', formatFrame(Buffer.alloc(50, 1)).subarray(0, 20), 'leaves'],
];

const told = ({ events }: Running, name: TransferEvent['event']) =>
  events.filter(({ event }) => event === name);

/** Joins without knowing the words, says this, and is gone, or hung up on. */
async function strange(
  port: number,
  role: string,
  says: string | Uint8Array,
  then: 'leaves' | 'stays',
): Promise<void> {
  using client = await Client.connect(port, { line: `${NAMEPLATE}:${role}:retry:status\n` });
  await client.untilText('PAIRED');
  client.write(says);
  if (then === 'leaves') client.reset();
  else await client.untilEnd();
}

describe.concurrent('a sender that waits', () => {
  it.each(STRANGERS)('bears a stranger who %s', async (_what, says, then) => {
    await using relay = await startRelay();
    await using to = await scratch();
    const source = { kind: 'text' as const, text: 'hello' };
    const timing = timingFor(says, then);
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing });
    await sending.until('waiting');
    await strange(relay.port, 'receiver', says, then);
    await sending.until('stranger');
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path);
    await Promise.all([sending.done, receiving.done]);
    expect(told(sending, 'stranger').length).toBeGreaterThanOrEqual(1);
    expect(told(sending, 'wrong-code')).toEqual([]);
  });

  it('is not kept from its receiver by a stranger who sits in its place and says nothing', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const source = { kind: 'text' as const, text: 'hello' };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing: IMPATIENT });
    await sending.until('waiting');
    const sitting = strange(relay.port, 'receiver', '', 'stays');
    await relay.untilRooms({ paired: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path, { timing: TIMING });
    await Promise.all([sending.done, receiving.done, sitting]);
    expect(receiving.events[0]).toMatchObject({
      event: 'cut',
      why: expect.stringMatching(/^Somebody else is receiving/) as string,
    });
  });

  it('says in a sentence that somebody is in the way, in the end', async () => {
    await using relay = await startRelay();
    const source = { kind: 'text' as const, text: 'hello' };
    const timing = { ...TIMING, waitsMs: [1] };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing });
    await sending.until('waiting');
    const end = endOf(sending);
    for (let n = 0; n < MAX_STRANGERS; n += 1) await strange(relay.port, 'receiver:wait', 'x', 'stays');
    expect(await end).toBe('in-the-way');
    await expect(sending.done).rejects.toThrow(/^Somebody gets in the way .* Send again, with a new one\.$/);
    expect(told(sending, 'stranger')).toHaveLength(MAX_STRANGERS - 1);
  });

  it('names the other version each time, and ends where nobody else comes', async () => {
    await using relay = await startRelay();
    const source = { kind: 'text' as const, text: 'hello' };
    const timing = { ...TIMING, waitsMs: [1] };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing });
    await sending.until('waiting');
    const end = endOf(sending);
    for (let n = 0; n < MAX_OF_ONE_VERSION; n += 1)
      await strange(relay.port, 'receiver:wait', OTHER_VERSION, 'stays');
    expect(await end).toBe('protocol');
    expect(told(sending, 'stranger')).toHaveLength(MAX_OF_ONE_VERSION - 1);
    expect(told(sending, 'stranger')[0]).toMatchObject({
      why: expect.stringMatching(/version 2 /) as string,
    });
  });
});

describe.concurrent('a receiver', () => {
  it.each(STRANGERS)('bears one in the place of its sender who %s', async (_what, says, then) => {
    await using relay = await startRelay();
    await using to = await scratch();
    const meeting = strange(relay.port, 'sender', says, then);
    await relay.untilRooms({ waiting: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path, { timing: timingFor(says, then) });
    await meeting;
    await receiving.until('stranger');
    const source = { kind: 'text' as const, text: 'hello' };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE });
    await Promise.all([sending.done, receiving.done]);
    expect(told(receiving, 'wrong-code')).toEqual([]);
  });
});

describe('a code that was just drawn', () => {
  it('is dropped where somebody lies in wait at it', async () => {
    const codes: string[] = [];
    await using server = await listening((socket) => {
      socket.once('data', (line: Buffer) => {
        codes.push(line.toString('latin1').slice(0, 6));
        socket.write(codes.length === 1 ? 'PAIRED\n' : 'WAITING 600\n');
      });
    });
    const sending = startSending(server.port, { source: { kind: 'text', text: 'hello' } });
    const { code } = await sending.until('code');
    sending.abort();
    expect(await endOf(sending)).toBe('Stopped.');
    expect(codes).toHaveLength(2);
    expect(code.slice(0, 6)).toBe(codes[1]);
    expect(codes[0]).not.toBe(codes[1]);
  });
});

interface UnderWay extends AsyncDisposable {
  readonly relay: TestRelay;
  readonly sending: Running;
  readonly receiving: Running;
  /** Cuts both lines; neither side comes back before it is let. */
  readonly cut: () => Promise<void>;
  readonly let: (...sides: readonly ('sender' | 'receiver')[]) => void;
  readonly expectEqual: () => Promise<void>;
}

/** A transfer in its middle. */
async function underWay(timing: Partial<Timing> = TIMING): Promise<UnderWay> {
  const relay = await startRelay();
  const slow = { toxics: [{ kind: 'bandwidth', bytesPerSecond: 8_000_000 }] } as const;
  const lines: Record<'sender' | 'receiver', Proxy> = {
    sender: await startProxy(relay.port, slow),
    receiver: await startProxy(relay.port),
  };
  const [from, to] = [await scratch(), await scratch()];
  await plant(from.path, { file: randomBytes(6_000_000) });
  const source = { kind: 'paths' as const, paths: [join(from.path, 'file')] };
  const sending = startSending(lines.sender.port, { source, code: HOSTILE_CODE, timing });
  await sending.until('waiting');
  const receiving = startReceiving(lines.receiver.port, HOSTILE_CODE, to.path, { timing });
  await receiving.until('progress');
  return {
    relay,
    sending,
    receiving,
    async cut() {
      for (const line of Object.values(lines)) {
        line.target = 1;
        line.cut();
      }
      await relay.untilRooms({ paired: 0 });
    },
    let(...sides) {
      for (const side of sides) lines[side].target = relay.port;
    },
    async expectEqual() {
      await Promise.all([sending.done, receiving.done]);
      expect(await tree(to.path)).toEqual(await tree(from.path));
    },
    async [Symbol.asyncDispose]() {
      for (const side of [sending, receiving]) side.abort();
      await Promise.allSettled([sending.done, receiving.done]);
      for (const each of [lines.sender, lines.receiver, relay, from, to]) await each[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent('after a cut', () => {
  it.each(['sender', 'receiver'] as const)(
    'a stranger who is back first in the place of the %s is in nobody’s way',
    async (role) => {
      await using transfer = await underWay();
      const { relay, sending, receiving } = transfer;
      await transfer.cut();
      const option = role === 'receiver' ? ':wait' : '';
      using stranger = await relay.connect(`${NAMEPLATE}:${role}${option}:retry:status\n`);
      await stranger.untilText('WAITING');
      transfer.let('sender', 'receiver');
      await transfer.expectEqual();
      for (const side of [sending, receiving]) expect(told(side, 'wrong-code')).toEqual([]);
    },
  );

  it.each(STRANGERS)('neither side minds a stranger who %s', async (_what, says, then) => {
    await using transfer = await underWay(timingFor(says, then));
    const { relay, sending, receiving } = transfer;
    await transfer.cut();
    // One side alone meets the stranger at the door, then the other one does.
    transfer.let('sender');
    await strange(relay.port, 'receiver:wait', says, then);
    transfer.let('receiver');
    await transfer.expectEqual();
    expect(told(sending, 'stranger').length).toBeGreaterThanOrEqual(1);
    expect(told(receiving, 'restarted')).toEqual([]);
  });

  it('the room of the two is not the one of the code: nobody finds it by its name', async () => {
    await using transfer = await underWay();
    await transfer.cut();
    transfer.let('sender');
    // It waits in the one of the code, which is held, and in another.
    await transfer.relay.untilRooms({ held: 1, waiting: 1 });
    transfer.let('receiver');
    await transfer.expectEqual();
  });
});

describe.concurrent('after a cut, a side that ends', () => {
  it.each([
    ['sender', 'receiver'],
    ['receiver', 'sender'],
  ] as const)('as the %s is known by the %s to have ended, when that comes back', async (one, other) => {
    await using transfer = await underWay();
    const sides = { sender: transfer.sending, receiver: transfer.receiving };
    await transfer.cut();
    transfer.let(one);
    await transfer.relay.untilRooms(one === 'sender' ? { held: 1, waiting: 1 } : { waiting: 1 });
    sides[one].abort();
    expect(await endOf(sides[one])).toBe('Stopped.');
    transfer.let(other);
    expect(await endOf(sides[other])).toBe('stopped');
  });

  it('as the sender is known at once by a receiver that waits', async () => {
    await using transfer = await underWay();
    await transfer.cut();
    transfer.let('receiver');
    await transfer.relay.untilRooms({ waiting: 1 });
    transfer.let('sender');
    transfer.sending.abort();
    expect(await endOf(transfer.sending)).toBe('Stopped.');
    expect(await endOf(transfer.receiving)).toBe('stopped');
  });
});

it('a receiver that comes after the code was given up is told, and does not wait for as long as the room is held', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  const source = { kind: 'text' as const, text: 'hello' };
  const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing: TIMING });
  await sending.until('waiting');
  for (let n = 0; n < 3; n += 1)
    await endOf(startReceiving(relay.port, `${NAMEPLATE}-other-words`, to.path, { timing: TIMING }));
  expect(await endOf(sending)).toBe('wrong-code');
  await relay.untilRooms({ held: 1 });
  const late = startReceiving(relay.port, HOSTILE_CODE, to.path, { timing: { awayForMs: 20 } });
  expect(await endOf(late)).toBe('nobody-there');
  await expect(late.done).rejects.toThrow(/^The sender .* does not come back.* Ask the sender\.$/);
});

describe.concurrent('a tool of before, which comes back to the room of the code and to no other,', () => {
  it('as the receiver is still served after a cut', async () => {
    await using relay = await startRelay();
    const source = { kind: 'text' as const, text: 'hello' };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE, timing: TIMING });
    await sending.until('waiting');
    const first = await joinAs('receiver', relay.port);
    await first.expect(TransferMessage.offer);
    first.abandon();
    const second = await joinAs('receiver', relay.port);
    await second.expect(TransferMessage.offer);
    await second.send(jsonMessage(TransferMessage.answer, { answer: 'complete' }));
    expect(await second.receive()).toBeUndefined();
    await second.end();
    expect(await endOf(sending)).toBe('done');
  });

  it('as the sender is found again after a cut', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const joining = joinAs('sender', relay.port);
    await relay.untilRooms({ waiting: 1 });
    const receiving = startReceiving(relay.port, HOSTILE_CODE, to.path, { timing: TIMING });
    const first = await joining;
    await first.send(jsonMessage(TransferMessage.offer, OFFER));
    await first.expect(TransferMessage.answer);
    first.abandon();
    const second = await joinAs('sender', relay.port);
    const entry = { path: 'file', kind: 'file', size: 0, executable: false, modifiedMs: 0, offset: 0 };
    const messages = [
      jsonMessage(TransferMessage.entry, entry),
      bytesMessage(TransferMessage.fileEnd, 0),
      bareMessage(TransferMessage.complete),
    ];
    await playSender(second, { offer: OFFER, messages });
    expect(await endOf(receiving)).toBe('done');
  });
});

it('a transfer that is not cut makes one connection a side', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  const source = { kind: 'text' as const, text: 'hello' };
  const sending = startSending(relay.port, { source });
  const { code } = await sending.until('code');
  const receiving = startReceiving(relay.port, code, to.path);
  await Promise.all([sending.done, receiving.done]);
  await eventually(() => expect(relay.open()).toBe(0));
  expect(relay.records).toHaveLength(2);
});
