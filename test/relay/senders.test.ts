import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { startRelay } from '../helpers/relay.js';

const INVALID = 'Invalid or missing token.\n';
const SOURCE_BLOCKED = 'Too many failed attempts from your address. Try again later.\n';

/** The tokens of a relay that knows its senders; a test may take one away. */
function senders(): Map<string, string> {
  return new Map([
    ['t0ken-of.Ada', 'ada'],
    ['b_token', 'bob'],
  ]);
}

function knowing(tokens = senders()) {
  return { tokens, authorize: (token: string) => tokens.get(token) };
}

describe('a relay that knows its senders', () => {
  it('pairs a sender that shows its token, and says whose it was', async () => {
    await using relay = await startRelay(knowing());
    const { sender, receiver } = await relay.pair('mine', ':status:token=t0ken-of.Ada', ':status');
    sender.end('file');
    expect(await receiver.finish()).toBe('PAIRED\nfileDISCONNECT closed\n');
    await sender.untilEnd();
    await relay.untilEmpty();
    expect(relay.records.map(({ role, sender: name }) => [role, name]).sort()).toEqual([
      ['receiver', undefined],
      ['sender', 'ada'],
    ]);
  });

  it.each(['', ':token=wrong', ':token=T0ken-of.Ada', ':token=t0ken-of.Ad', ':token=ada'])(
    'refuses a sender with %j',
    async (option) => {
      await using relay = await startRelay(knowing());
      expect(await relay.ask(`mine:sender${option}\n`)).toBe(INVALID);
      expect(await relay.ask(`mine:sender${option}:status\n`)).toBe(`ERROR invalid-token ${INVALID}`);
      await relay.untilEmpty();
      expect(relay.records).toMatchObject([
        { role: 'sender', sender: undefined, admitted: false, ending: 'invalid-token' },
        { role: 'sender', sender: undefined, admitted: false, ending: 'invalid-token' },
      ]);
    },
  );

  it('asks nothing of a receiver, who needs the code alone', async () => {
    await using relay = await startRelay(knowing());
    const receiver = await relay.connect('mine:receiver:wait:status\n');
    await receiver.untilText('WAITING');
    expect(await relay.ask('mine:receiver:token=b_token\n')).toBe(
      'Invalid handshake: only a sender can show a token.\n',
    );
    const sender = await relay.connect('mine:sender:token=b_token\n');
    await receiver.untilText('PAIRED');
    sender.end();
    receiver.end();
    await relay.untilEmpty();
  });

  it('tells a sender without a token nothing of the room: free, taken, blocked or with another key', async () => {
    await using relay = await startRelay({ ...knowing(), lockoutSourceAttempts: 0 });
    for (let attempt = 0; attempt < 3; attempt += 1) await relay.ask('blocked:receiver\n');
    const sender = await relay.connect('taken:sender:key=k:status:token=b_token\n');
    await sender.untilText('WAITING');
    const told = await Promise.all(
      ['free', 'blocked', 'taken', 'taken:key=other'].map((code) => {
        const [name, ...options] = code.split(':');
        return relay.ask(`${[name, 'sender', ...options].join(':')}\n`);
      }),
    );
    expect(new Set(told)).toEqual(new Set([INVALID]));
    expect(await relay.ask('blocked:receiver\n')).toMatch(/^Code temporarily blocked/);
    sender.end();
    await relay.untilEmpty();
  });

  it('counts it against its source, never against the code', async () => {
    await using relay = await startRelay({ ...knowing(), lockoutSourceAttempts: 4 });
    const stranger = { localAddress: '127.0.0.66' };
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect(await relay.ask('mine:sender:token=wrong\n', stranger)).toBe(INVALID);
    expect(await relay.ask('mine:sender:token=b_token\n', stranger)).toBe(SOURCE_BLOCKED);
    expect(await relay.ask('mine:receiver\n')).toMatch(/You have 2 tries/);
    const sender = await relay.connect('mine:sender:status:token=b_token\n');
    await sender.untilText('WAITING');
    sender.end();
    await relay.untilEmpty();
  });

  it('refuses a token that was taken back, also at a held room; a running pairing goes on', async () => {
    const known = knowing();
    await using relay = await startRelay(known);
    const line = ':retry:status:key=k';
    const { sender, receiver } = await relay.pair('held', `${line}:token=b_token`, line);
    known.tokens.delete('b_token');
    sender.write('still here');
    await receiver.untilText('still here');
    sender.reset();
    await receiver.finish();
    await relay.untilRooms({ held: 1 });
    expect(await relay.ask(`held:sender${line}:token=b_token\n`)).toBe(`ERROR invalid-token ${INVALID}`);
    const again = await relay.connect(`held:sender${line}:token=t0ken-of.Ada\n`);
    await again.untilText('WAITING');
    again.end();
    await again.untilEnd();
  });

  it('tells its observer in whose name pairings and bytes are', async () => {
    const told: unknown[] = [];
    await using relay = await startRelay({
      ...knowing(),
      observer: {
        connectionOpened: () => undefined,
        connectionEnded: () => undefined,
        connectionMoved: () => undefined,
        unpaired: () => undefined,
        lockedOut: () => undefined,
        paired: (_waits, sender) => told.push(['paired', sender]),
        relayed: (direction, bytes, sender) => told.push([direction, bytes, sender]),
      },
    });
    const { sender, receiver } = await relay.pair('mine', ':token=b_token');
    sender.end('12345');
    await receiver.untilText('12345');
    receiver.end('123');
    await sender.untilEnd();
    await eventually(() => expect(told).toHaveLength(3));
    expect(told).toEqual([
      ['paired', 'bob'],
      ['to_receiver', 5, 'bob'],
      ['to_sender', 3, 'bob'],
    ]);
  });
});

it('a relay that does not know its senders ignores a token', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('mine', ':status:token=anything', ':status');
  expect(sender.text).toMatch(/^WAITING 600\n(PAIRED\n)?$/);
  sender.end();
  receiver.end();
  await relay.untilEmpty();
  expect(relay.records.map((record) => record.sender)).toEqual([undefined, undefined]);
});
