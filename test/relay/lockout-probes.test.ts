import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { headerV1 } from '../helpers/proxy-headers.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';

const CODE_BLOCKED = 'Code temporarily blocked due to too many failed attempts. Try again later.\n';
const IN_USE = 'Code already in use.\n';
const SOURCE_BLOCKED = 'Too many failed attempts from your address. Try again later.\n';
const INVALID = /^Invalid code or key\./;

const STRANGER = '127.0.0.66';
const FRIEND = '127.0.0.67';

/** The source is not refused everywhere. */
async function isFree(relay: TestRelay, localAddress = STRANGER): Promise<boolean> {
  return (await relay.ask('not a line\n', { localAddress })) !== SOURCE_BLOCKED;
}

/** Opens a room with this line, and leaves it at once, once the relay has said that it waits. */
async function openAndLeave(relay: TestRelay, line: string, leave: 'FIN' | 'reset'): Promise<void> {
  const client = await relay.connect(line, { localAddress: STRANGER });
  await client.untilText('WAITING');
  if (leave === 'FIN') client.end();
  else client.reset();
  await client.untilClosed();
}

describe('probing for live codes', () => {
  it('as sender: each that finds a sender counts against its source, and the room pairs', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 3 });
    const sender = await relay.connect('live:sender\n');
    await relay.untilRooms({ waiting: 1 });
    for (let probe = 0; probe < 3; probe += 1)
      expect(await relay.ask('live:sender\n', { localAddress: STRANGER })).toBe(IN_USE);
    expect(await relay.ask('live:sender\n', { localAddress: STRANGER })).toBe(SOURCE_BLOCKED);
    expect(await relay.ask('live:sender\n', { localAddress: FRIEND })).toBe(IN_USE);
    const receiver = await relay.connect('live:receiver\n');
    sender.end('safe');
    expect(await receiver.finish()).toBe('safeDISCONNECT\n');
  });

  it('as sender at a pairing: the same', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 2 });
    await relay.pair('live');
    for (let probe = 0; probe < 2; probe += 1)
      expect(await relay.ask('live:sender\n', { localAddress: STRANGER })).toBe(IN_USE);
    expect(await isFree(relay)).toBe(false);
  });

  it('a sender that shows the room`s key is none, however often it comes', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    await relay.connect('mine:sender:key=k\n');
    await relay.untilRooms({ waiting: 1 });
    for (let n = 0; n < 5; n += 1) expect(await relay.ask('mine:sender:key=k\n')).toBe(IN_USE);
    expect(await relay.ask('mine:sender\n')).toMatch(INVALID);
    expect(await isFree(relay, '127.0.0.1')).toBe(false);
  });

  it.each(['sender', 'receiver:wait'])('opening rooms and leaving them, as %s', async (role) => {
    await using relay = await startRelay({ lockoutSourceAttempts: 4 });
    const leave = async (name: string, how: 'FIN' | 'reset'): Promise<void> => {
      await openAndLeave(relay, `${name}:${role}:status\n`, how);
      await relay.untilEmpty();
    };
    await leave('one', 'FIN');
    await leave('two', 'reset');
    await leave('two', 'FIN');
    expect(await isFree(relay)).toBe(true);
    // At once, as a rule; but on a machine with much else to do, one of them may have stayed for a second.
    await eventually(async () => {
      await leave('three', 'reset').catch(() => undefined);
      expect(await isFree(relay)).toBe(false);
    });
    expect(await isFree(relay, FRIEND)).toBe(true);
  });

  it('opening rooms as a plain sender that closes its socket at once, which looks like half of it', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 3 });
    // Each in a room of its own, where it stays: at once, as a rule; on a busy machine one may have taken a second for it.
    let rooms = 0;
    await eventually(async () => {
      rooms += 1;
      const client = await relay.connect(`room-${rooms}:sender\n`, { localAddress: STRANGER });
      client.end();
      if (rooms < 3) await relay.untilRooms({ waiting: rooms });
      expect(await isFree(relay)).toBe(false);
    });
    expect(rooms).toBeGreaterThanOrEqual(3);
    expect(await isFree(relay, FRIEND)).toBe(true);
  });
});

describe('is not probing', () => {
  it('16 receivers behind one address at a full room, again and again', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    await relay.pair('full');
    for (let round = 0; round < 3; round += 1) {
      const told = await Promise.all(Array.from({ length: 16 }, () => relay.ask('full:receiver\n')));
      expect(new Set(told)).toEqual(new Set(['Room is full.\n']));
    }
    expect(await isFree(relay, '127.0.0.1')).toBe(true);
  });

  it('to leave a room behind a byte, or that somebody else has opened, or that was paired', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    await openAndLeave(relay, 'small:sender:status\nx', 'FIN');
    await relay.untilEmpty();

    const host = await relay.connect('open:receiver:wait:status\n', { localAddress: FRIEND });
    await host.untilText('WAITING');
    await openAndLeave(relay, 'open:receiver:wait:status\n', 'reset');

    const sender = await relay.connect('quick:sender:status\n', { localAddress: STRANGER });
    await sender.untilText('WAITING');
    const receiver = await relay.connect('quick:receiver:status\n', { localAddress: FRIEND });
    await receiver.untilText('PAIRED');
    sender.reset();
    await receiver.untilText('DISCONNECT lost');

    expect(await isFree(relay)).toBe(true);
  });

  it('a plain receiver that waits and has nothing to say, nor a plain sender behind its file', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    const receiver = await relay.connect('first:receiver:wait\n', { localAddress: STRANGER });
    receiver.end();
    const sender = await relay.connect('file:sender\nits bytes', { localAddress: STRANGER });
    sender.end();
    await relay.untilRooms({ waiting: 2 });
    const late = await relay.connect('first:sender\n', { localAddress: FRIEND });
    late.end('for the receiver');
    expect(await receiver.finish()).toBe('for the receiverDISCONNECT\n');
    expect(await isFree(relay)).toBe(true);
  });

  it('to leave a held room, or the one where a newcomer with the key took its place', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 1 });
    const at = { localAddress: STRANGER };
    const sender = await relay.connect('held:sender:status:retry\n', at);
    await sender.untilText('WAITING');
    const receiver = await relay.connect('held:receiver:status\n', at);
    await receiver.untilText('PAIRED');
    sender.reset();
    receiver.reset();
    await relay.untilRooms({ held: 1 });
    await openAndLeave(relay, 'held:sender:status:retry\n', 'FIN');

    const first = await relay.connect('keyed:sender:status:retry:key=k\n', at);
    await first.untilText('WAITING');
    const second = await relay.connect('keyed:sender:status:retry:key=k\n', at);
    await second.untilText('WAITING');
    expect(await first.finish()).toMatch('DISCONNECT lost');

    expect(await isFree(relay)).toBe(true);
  });

  it('to be sent away: by a relay that stops, by its operator, by a room`s time', async () => {
    await using relay = await startRelay({
      lockoutSourceAttempts: 1,
      abandonAfterMs: 1,
      cleanupIntervalMs: 1,
    });
    const at = { localAddress: STRANGER };
    expect(await relay.ask('short:sender\n', at)).toBe('Room expired: nobody joined in time.\n');
    expect(await isFree(relay)).toBe(true);

    await using stopping = await startRelay({ lockoutSourceAttempts: 1 });
    const closed = await stopping.connect('closed:sender:status\n', at);
    await closed.untilText('WAITING');
    const [room] = [...stopping.relay.list()];
    expect(stopping.relay.closeRoom(room!.room)).toMatchObject({ kind: 'closed' });
    expect(await closed.finish()).toMatch('Room closed by the operator.');
    expect(await isFree(stopping)).toBe(true);
    const drained = await stopping.connect('drained:sender:status\n', at);
    await drained.untilText('WAITING');
    const over = stopping.relay.close({ graceMs: 0 });
    expect(await drained.finish()).toMatch('Server is shutting down.');
    await over;
  });
});

describe('three early receivers and then the sender', () => {
  it('the sender opens the room, others join it, and those three read that it is blocked', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 0 });
    const early = { localAddress: STRANGER };
    for (let n = 0; n < 2; n += 1) expect(await relay.ask('soon:receiver\n', early)).toMatch(INVALID);
    expect(await relay.ask('soon:receiver\n', early)).toBe(CODE_BLOCKED);
    for (const options of ['', ':wait', ':wait:key=k'])
      expect(await relay.ask(`soon:receiver${options}\n`)).toBe(CODE_BLOCKED);

    const sender = await relay.connect('soon:sender:status\n');
    await sender.untilText('WAITING');
    for (const line of ['receiver', 'receiver:wait', 'receiver:key=k', 'sender'])
      expect(await relay.ask(`soon:${line}\n`, early)).toBe(CODE_BLOCKED);
    expect(await relay.ask('soon:sender\n', { localAddress: FRIEND })).toBe(IN_USE);
    const receiver = await relay.connect('soon:receiver\n', { localAddress: FRIEND });
    await sender.untilText('PAIRED');
    sender.end('there');
    expect(await receiver.finish()).toBe('thereDISCONNECT\n');
    await sender.finish();
    await relay.untilEmpty();
    // The pairing has cleared the count, for everybody.
    expect(await relay.ask('soon:receiver\n', early)).toMatch(/2 tries/);
  });

  it('a sender behind the same address opens it too', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 0 });
    for (let n = 0; n < 3; n += 1) await relay.ask('soon:receiver\n');
    const sender = await relay.connect('soon:sender:status\n');
    await sender.untilText('WAITING');
    expect(await relay.ask('soon:receiver\n')).toBe(CODE_BLOCKED);
    const receiver = await relay.connect('soon:receiver:status\n', { localAddress: FRIEND });
    await receiver.untilText('PAIRED');
  });

  it('without its sender the code is blocked again', async () => {
    await using relay = await startRelay({ lockoutSourceAttempts: 0 });
    for (let n = 0; n < 3; n += 1) await relay.ask('soon:receiver\n', { localAddress: STRANGER });
    const sender = await relay.connect('soon:sender:status\n');
    await sender.untilText('WAITING');
    sender.reset();
    await relay.untilEmpty();
    expect(await relay.ask('soon:receiver\n', { localAddress: FRIEND })).toBe(CODE_BLOCKED);
  });
});

describe('the same from a /48', () => {
  it('is refused everywhere after sixteen times as many attempts as a source has', async () => {
    await using relay = await startRelay({ proxyProtocol: ['127.0.0.1'], lockoutSourceAttempts: 1 });
    const ask = (source: string, line: string) =>
      relay.ask(Buffer.concat([headerV1(source), Buffer.from(line)]));
    await relay.connect(Buffer.concat([headerV1('192.0.2.1'), Buffer.from('live:sender\n')]));
    await relay.untilRooms({ waiting: 1 });
    // Each from a /56 of its own.
    for (let n = 0; n < 16; n += 1)
      expect(await ask(`2001:db8:1:${n.toString(16)}00::7`, 'live:sender\n')).toBe(IN_USE);
    expect(await ask('2001:db8:1:ff00::7', 'live:sender\n')).toBe(SOURCE_BLOCKED);
    expect(await ask('2001:db8:2::7', 'live:sender\n')).toBe(IN_USE);
    expect(await ask('192.0.2.2', 'live:sender\n')).toBe(IN_USE);
  });
});
