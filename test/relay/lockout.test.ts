import { describe, expect, it } from 'vitest';
import type { CreateRelayOptions } from '../../src/index.js';
import { silentObserver } from '../../src/relay/observer.js';
import { eventually } from '../helpers/eventually.js';
import { startRelay } from '../helpers/relay.js';

const triesLeft = (count: number) =>
  `Invalid code or key. You have ${count} tries remaining before this code is blocked.\n`;
const CODE_BLOCKED = 'Code temporarily blocked due to too many failed attempts. Try again later.\n';
const SOURCE_BLOCKED = 'Too many failed attempts from your address. Try again later.\n';

const OWNER = '127.0.0.1';
const STRANGER = '127.0.0.66';

/** A relay, and what a client of it is told with a line, from an address. */
async function start(options: CreateRelayOptions = {}) {
  const relay = await startRelay(options);
  const told = async (line: string, localAddress = OWNER): Promise<string> => {
    const client = await relay.connect(`${line}\n`, { localAddress });
    return await client.finish();
  };
  return { relay, told, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

describe('a code with no room', () => {
  it('fail_1_2_3: two tries, one try, blocked', async () => {
    await using at = await start();
    expect(await at.told('none:receiver')).toBe(triesLeft(2));
    expect(await at.told('none:receiver')).toBe(triesLeft(1));
    expect(await at.told('none:receiver')).toBe(CODE_BLOCKED);
    expect(await at.told('none:receiver')).toBe(CODE_BLOCKED);
    expect(await at.told('other:receiver')).toBe(triesLeft(2));
    await at.relay.untilEmpty();
    expect(at.relay.records.map(({ ending }) => ending)).toEqual([
      'invalid-code',
      'invalid-code',
      'code-blocked',
      'code-blocked',
      'invalid-code',
    ]);
  });

  it('fail_1_2_3: with status', async () => {
    await using at = await start({ lockoutSourceAttempts: 4 });
    expect(await at.told('none:receiver:status')).toBe(`ERROR invalid-code ${triesLeft(2)}`);
    expect(await at.told('none:receiver:status')).toBe(`ERROR invalid-code ${triesLeft(1)}`);
    expect(await at.told('none:receiver:status')).toBe(`ERROR code-blocked ${CODE_BLOCKED}`);
    expect(await at.told('more:receiver:status')).toBe(`ERROR invalid-code ${triesLeft(2)}`);
    // Refused before its line was read: in the plain form.
    expect(await at.told('more:receiver:status')).toBe(SOURCE_BLOCKED);
    await at.relay.untilEmpty();
  });

  it('fail_1_2_3: whoever makes the attempts', async () => {
    await using at = await start();
    expect(await at.told('none:receiver', '127.0.0.11')).toBe(triesLeft(2));
    expect(await at.told('none:receiver', '127.0.0.12')).toBe(triesLeft(1));
    expect(await at.told('none:receiver', '127.0.0.13')).toBe(CODE_BLOCKED);
    expect(await at.told('none:receiver', '127.0.0.14')).toBe(CODE_BLOCKED);
    await at.relay.untilEmpty();
  });

  it('attempts_while_blocked: never longer, and afresh after it', async () => {
    let lockouts = 0;
    await using at = await start({
      lockoutDurationMs: 2_000,
      lockoutSourceAttempts: 0,
      observer: { ...silentObserver, lockedOut: () => void (lockouts += 1) },
    });
    for (let attempt = 0; attempt < 2; attempt += 1) await at.told('none:receiver');
    const before = performance.now();
    await at.told('none:receiver');
    expect(lockouts).toBe(1);
    expect(await at.told('none:receiver:wait')).toBe(CODE_BLOCKED);
    // Without a pause, until it is over: it would never be if one of them made it longer.
    await eventually(async () => expect(await at.told('none:receiver')).toBe(triesLeft(2)));
    expect(performance.now() - before).toBeGreaterThanOrEqual(2_000);
    const { sender, receiver } = await at.relay.pair('none');
    sender.end('free again');
    expect(await receiver.finish()).toBe('free againDISCONNECT\n');
    await at.relay.untilEmpty();
    expect(lockouts).toBe(1);
  });

  it('garbage ×100 then good: the code has all of its tries', async () => {
    await using at = await start();
    const garbage = [
      'good',
      'good:',
      'good:receiver:',
      'good:Receiver',
      'good:receiver:huh',
      '\x00good:receiver',
    ];
    for (let each = 0; each < 100; each += 1) {
      expect(await at.told(garbage[each % garbage.length]!)).toMatch(/^Invalid handshake: /);
    }
    expect(await at.told('good:receiver')).toBe(triesLeft(2));
    await at.relay.untilEmpty();
  });

  it('a pairing clears the count', async () => {
    await using at = await start();
    await at.told('mine:receiver');
    await at.told('mine:receiver');
    const { sender, receiver } = await at.relay.pair('mine');
    sender.end();
    receiver.end();
    await at.relay.untilEmpty();
    expect(await at.told('mine:receiver')).toBe(triesLeft(2));
  });

  it('without a lockout the sentence promises nothing', async () => {
    await using at = await start({ lockoutAttempts: 0 });
    for (let each = 0; each < 5; each += 1) {
      expect(await at.told('none:receiver')).toBe('Invalid code or key.\n');
    }
    await at.relay.untilEmpty();
  });
});

describe('stranger_locks_victim', () => {
  it('wrong keys count per source at that code, and the room pairs anyway', async () => {
    await using at = await start();
    const sender = await at.relay.connect('live:sender:key=right\n');
    await at.relay.untilRooms({ waiting: 1 });
    expect(await at.told('live:receiver:key=wrong', STRANGER)).toBe(triesLeft(2));
    expect(await at.told('live:receiver', STRANGER)).toBe(triesLeft(1));
    expect(await at.told('live:sender:key=wrong', STRANGER)).toBe(CODE_BLOCKED);
    // Blocked there even with the right key, and nowhere else.
    expect(await at.told('live:receiver:key=right', STRANGER)).toBe(CODE_BLOCKED);
    expect(await at.told('elsewhere:receiver', STRANGER)).toBe(triesLeft(2));
    // Another source has all of its own tries.
    expect(await at.told('live:receiver:key=wrong', '127.0.0.67')).toBe(triesLeft(2));
    const receiver = await at.relay.connect('live:receiver:key=right\n');
    await at.relay.untilRooms({ paired: 1 });
    sender.end('safe');
    expect(await receiver.finish()).toBe('safeDISCONNECT\n');
    await sender.untilClosed();
    await at.relay.untilEmpty();
  });

  it('without a key: a code that others have guessed at before is opened and pairs', async () => {
    await using at = await start();
    await at.told('soon:receiver', STRANGER);
    await at.told('soon:receiver', STRANGER);
    const sender = await at.relay.connect('soon:sender\n');
    await at.relay.untilRooms({ waiting: 1 });
    // A key at a room without one is a wrong key.
    for (const left of [2, 1]) {
      expect(await at.told('soon:receiver:key=any', STRANGER)).toBe(triesLeft(left));
    }
    expect(await at.told('soon:receiver:key=any', STRANGER)).toBe(CODE_BLOCKED);
    expect(await at.told('soon:sender', '127.0.0.67')).toBe('Code already in use.\n');
    const receiver = await at.relay.connect('soon:receiver\n');
    sender.end('safe');
    expect(await receiver.finish()).toBe('safeDISCONNECT\n');
    await sender.untilClosed();
    await at.relay.untilEmpty();
  });

  it('a pairing and a held room are not disturbed', async () => {
    await using at = await start({ lockoutSourceAttempts: 0 });
    const { sender, receiver } = await at.relay.pair('held', ':retry:key=right', ':key=right');
    for (let each = 0; each < 5; each += 1) await at.told('held:receiver:key=no', STRANGER);
    sender.end('first');
    expect(await receiver.finish()).toBe('firstDISCONNECT\n');
    await sender.untilClosed();
    await at.relay.untilRooms({ held: 1 });
    for (let each = 0; each < 5; each += 1) {
      expect(await at.told('held:sender:retry:key=no', STRANGER)).toBe(CODE_BLOCKED);
    }
    const again = await at.relay.connect('held:receiver:key=right\n');
    const sender2 = await at.relay.connect('held:sender:retry:key=right\n');
    sender2.end('second');
    expect(await again.finish()).toBe('secondDISCONNECT\n');
    expect(at.relay.faults).toEqual([]);
  });
});

describe('a source', () => {
  it('is refused everywhere after too many, its own rooms go on, and others come in', async () => {
    await using at = await start({ lockoutSourceAttempts: 4, lockoutDurationMs: 2_000 });
    const sender = await at.relay.connect('own:sender\n', { localAddress: STRANGER });
    const waiting = await at.relay.connect('wait:sender:status\n', { localAddress: STRANGER });
    await waiting.untilText('WAITING');
    const receiver = await at.relay.connect('own:receiver\n', { localAddress: STRANGER });
    await at.relay.untilRooms({ paired: 1 });
    for (const code of ['a', 'b', 'c'])
      expect(await at.told(`${code}:receiver`, STRANGER)).toBe(triesLeft(2));
    expect(await at.told('d:receiver', STRANGER)).not.toBe('');
    expect(await at.told('own:receiver', STRANGER)).toBe(SOURCE_BLOCKED);
    expect(await at.told('new:sender', STRANGER)).toBe(SOURCE_BLOCKED);
    expect(await at.told('rubbish', STRANGER)).toBe(SOURCE_BLOCKED);
    expect(await at.told('a:receiver', OWNER)).toBe(triesLeft(1));
    // The room that it waits in is completed by somebody else.
    const joined = await at.relay.connect('wait:receiver\n');
    await waiting.untilText('PAIRED');
    waiting.end('here');
    expect(await joined.finish()).toBe('hereDISCONNECT\n');
    sender.end('on');
    expect(await receiver.finish()).toBe('onDISCONNECT\n');
    await eventually(async () => expect(await at.told('e:receiver', STRANGER)).toBe(triesLeft(2)));
    await at.relay.untilEmpty();
  });
});
