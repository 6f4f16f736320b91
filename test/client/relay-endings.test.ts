import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { endedBecause, refusal } from '../../src/transfer/explain.js';
import { FINAL_REASONS, finalReason } from '../../src/transfer/channel/notices.js';
import type { CreateRelayOptions } from '../../src/index.js';
import { END_REASONS, sentence } from '../../src/protocol/replies.js';
import { startRelay, type TestRelay } from '../helpers/relay.js';
import { plant, scratch, startReceiving, startSending } from '../helpers/transfer.js';

const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`);

describe('finalReason', () => {
  it.each(FINAL_REASONS)('finds %s at the end, also within a frame, and nowhere else', (reason) => {
    expect(finalReason(`DISCONNECT ${reason}`)).toBe(reason);
    expect(finalReason(`\0\x01\xff…DISCONNECT ${reason}\n`)).toBe(reason);
    expect(finalReason(`DISCONNECT ${reason}\nmore`)).toBeUndefined();
    expect(finalReason(`disconnect ${reason}\n`)).toBeUndefined();
  });

  it('finds those of the relay that another try may mend, or nobody knows, not to be final', () => {
    const others = END_REASONS.filter((reason) => !FINAL_REASONS.some((each) => each === reason));
    expect(others.sort()).toEqual(['closed', 'idle', 'lost', 'shutdown']);
    for (const said of [
      'DISCONNECT\n',
      'DISCONNECT tomorrow\n',
      '',
      ...others.map((each) => `DISCONNECT ${each}\n`),
    ])
      expect(finalReason(said)).toBeUndefined();
  });
});

describe('the sentences', () => {
  it.each(FINAL_REASONS)('of %s: one line, and what is kept', (reason) => {
    for (const side of ['sender', 'receiver'] as const)
      expect(endedBecause(reason, side, at('12:00:00'))).toMatch(/^[^\n]+What arrived is kept[^\n]+\.$/);
  });

  it.each([
    ['00:00:00', '24 h'],
    ['18:48:00', '5 h 12 min'],
    ['18:48:01', '5 h 12 min'],
    ['23:00:00', '1 h'],
    ['23:30:30', '30 min'],
    ['23:59:59.999', '1 min'],
  ])('at %s the quota starts afresh in %s', (time, left) => {
    const now = at(time);
    const told = { token: 'quota-exceeded', sentence: sentence({ token: 'quota-exceeded' }) } as const;
    expect(refusal(told, 'sender', now).message).toContain(`at 00:00 UTC, in ${left}. Run it again`);
    expect(endedBecause('quota', 'sender', now)).toContain(`at 00:00 UTC, in ${left}.`);
  });
});

/** Both sides of a transfer of so many bytes that the relay ends: what they fail with, and what they told. */
async function ended(
  options: CreateRelayOptions,
  whenUnderWay: (relay: TestRelay) => void = () => undefined,
) {
  await using relay = await startRelay(options);
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { file: randomBytes(6_000_000) });
  const paths = [`${from.path}/file`];
  const sending = startSending(relay.port, { source: { kind: 'paths', paths } });
  const { code } = await sending.until('code');
  const receiving = startReceiving(relay.port, code, to.path);
  receiving.until('offer').then(
    () => whenUnderWay(relay),
    () => undefined,
  );
  const errors = await Promise.all(
    [sending, receiving].map(({ done }) =>
      done.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  await relay.untilEmpty();
  return {
    errors: errors.map((error) => (error instanceof TransferError ? [error.code, error.message] : error)),
    cuts: [...sending.events, ...receiving.events].filter(({ event }) => event === 'cut'),
    connections: relay.records.length,
  };
}

describe('a transfer that the relay ends for good is over at both sides, and neither comes back', () => {
  it.each([
    ['byte-limit', { maxRoomBytes: 3_000_001 }, /^The relay passes on no more bytes in one room\./],
    [
      'age-limit',
      { maxRoomAgeMs: 300, maxBytesPerSecondPerRoom: 2_000_000 },
      /^The relay lets no room last longer\./,
    ],
    ['quota', { dailyQuotaBytes: 3_000_001 }, /^(The sender's|Your) quota at this relay is used up/],
  ] as const)('%s', async (_reason, options, told) => {
    const { errors, cuts, connections } = await ended(options);
    expect(errors).toEqual([
      ['relay', expect.stringMatching(told)],
      ['relay', expect.stringMatching(told)],
    ]);
    expect(cuts).toEqual([]);
    expect(connections).toBe(2);
  });

  it('operator', async () => {
    const slow = { maxBytesPerSecondPerRoom: 2_000_000 };
    const { errors, cuts, connections } = await ended(slow, ({ relay }) => {
      for (const { room } of [...relay.list()]) relay.closeRoom(room);
    });
    const told =
      "The relay's operator has ended the transfer. What arrived is kept. Ask them before you go on.";
    expect(errors).toEqual([
      ['relay', told],
      ['relay', told],
    ]);
    expect(cuts).toEqual([]);
    expect(connections).toBe(2);
  });
});

it('a sender whose room the operator closes while it waits does not open it again', async () => {
  await using relay = await startRelay();
  const sending = startSending(relay.port, { source: { kind: 'text', text: 'hello' } });
  await sending.until('code');
  for (const { room } of [...relay.relay.list()]) relay.relay.closeRoom(room);
  await expect(sending.done).rejects.toMatchObject({
    code: 'relay',
    message: "The relay's operator has closed the room. Ask them before you run it again.",
  });
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['room-closed']);
});

it('a sender whose quota is used up is told when it starts afresh, and does not try again', async () => {
  await using relay = await startRelay({ dailyQuotaBytes: 100 });
  const { sender, receiver } = await relay.pair('used', ':status', ':status');
  sender.write('x'.repeat(200));
  expect(await receiver.finish()).toMatch(/DISCONNECT quota\n$/);
  await sender.finish();
  const sending = startSending(relay.port, { source: { kind: 'text', text: 'hello' } });
  await expect(sending.done).rejects.toMatchObject({
    code: 'relay',
    message: expect.stringMatching(
      /^Your quota .* at 00:00 UTC, in [0-9 hmin]+\. Run it again then\.$/,
    ) as unknown,
  });
  expect(sending.events.filter(({ event }) => event === 'cut')).toEqual([]);
});
