import { describe, expect, it } from 'vitest';
import { createRelay } from '../../src/index.js';
import { startRelay } from '../helpers/relay.js';

const BLOCKED = 'Too many failed attempts from your address. Try again later.\n';
const STRANGER = { localAddress: '127.0.0.66' };

describe('a source that the operator blocks', () => {
  it('is refused at once, and keeps the rooms that it is in', async () => {
    await using relay = await startRelay();
    const waiting = await relay.connect('waits:sender\n', STRANGER);
    await relay.untilRooms({ waiting: 1 });
    expect(relay.relay.block('::ffff:127.0.0.66', 60_000)).toEqual({ source: '127.0.0.66', leftMs: 60_000 });
    expect(await relay.ask('other:sender\n', STRANGER)).toBe(BLOCKED);
    const receiver = await relay.connect('waits:receiver\n');
    await relay.untilRooms({ paired: 1 });
    waiting.end('still here');
    expect(await receiver.finish()).toBe('still hereDISCONNECT\n');
    await waiting.finish();
    await relay.untilEmpty();
  });

  it('has as much time as any other block, unless one is given', () => {
    const relay = createRelay({ lockoutDurationMs: 60_000 });
    relay.block('2001:db8:1:2:3::4');
    relay.block('192.0.2.1', 5_000);
    expect(relay.blocked()).toEqual([
      { source: '2001:db8:1:2::/64', leftMs: expect.any(Number) as number },
      { source: '192.0.2.1', leftMs: expect.any(Number) as number },
    ]);
    const [first, second] = relay.blocked().map(({ leftMs }) => Math.ceil(leftMs / 5_000));
    expect([first, second]).toEqual([12, 1]);
  });

  it('is let in again on request', async () => {
    await using relay = await startRelay();
    relay.relay.block('127.0.0.66');
    const source = '127.0.0.66';
    expect(await relay.relay.unblock(source)).toEqual({ source, wasBlocked: true });
    expect(await relay.relay.unblock(source)).toEqual({ source, wasBlocked: false });
    expect(await relay.ask('none:receiver\n', STRANGER)).toMatch(/^Invalid code/);
  });

  it.each(['', 'localhost', '10.0.0.0/8'])('is no %j', async (text) => {
    const relay = createRelay();
    expect(() => relay.block(text)).toThrow(RangeError);
    await expect(relay.unblock(text)).rejects.toThrow(
      'a source is an IPv4 address, an IPv6 address or its /64',
    );
  });
});
