import { describe, expect, it } from 'vitest';
import type { TransferError } from '../../src/transfer/transfer-error.js';
import { RelayRefused } from '../../src/transfer/line-errors.js';
import { endedBecause, refusal, toTransferError } from '../../src/transfer/explain.js';
import { FINAL_REASONS } from '../../src/transfer/channel/notices.js';
import { type Refusal, REFUSAL_TOKENS, sentence } from '../../src/protocol/replies.js';

const NOW = Date.parse('2026-11-21T18:48:00Z');

/** What each side reads; `undefined`: a relay does not say that to this side. */
const TABLE: readonly [Refusal, sender: string | undefined, receiver: string | undefined][] = [
  [
    { token: 'invalid-handshake', problem: 'this relay takes TLS only' },
    'The relay takes TLS only. Give --tls, or write relays:// before its address.',
    'The relay takes TLS only. Give --tls, or write relays:// before its address.',
  ],
  [
    { token: 'invalid-handshake', problem: 'unknown option' },
    'The relay says: Invalid handshake: unknown option.',
    'The relay says: Invalid handshake: unknown option.',
  ],
  [
    { token: 'handshake-timeout' },
    'The relay did not hear from here in time. Check your network, and try again.',
    'The relay did not hear from here in time. Check your network, and try again.',
  ],
  [
    { token: 'invalid-code', triesLeft: 2 },
    'Somebody has opened a room with the digits of that code already. Choose others, or leave --code out.',
    'No sender is waiting with that code. Check it with the sender, or come first and wait with --wait; 2 tries left.',
  ],
  [
    { token: 'invalid-code', triesLeft: 1 },
    'Somebody has opened a room with the digits of that code already. Choose others, or leave --code out.',
    'No sender is waiting with that code. Check it with the sender, or come first and wait with --wait; 1 try left.',
  ],
  [
    { token: 'invalid-code', triesLeft: undefined },
    'Somebody has opened a room with the digits of that code already. Choose others, or leave --code out.',
    'No sender is waiting with that code. Check it with the sender, or come first and wait with --wait.',
  ],
  [
    { token: 'code-blocked' },
    'The digits of that code are blocked for your address for a while, after too many failed attempts from it. Choose others, or leave --code out.',
    'That code is blocked for a while, after too many failed attempts. Run it again when the sender is there; if it is there already, ask for a new code.',
  ],
  [
    { token: 'source-blocked' },
    'The relay takes nobody from your address for a while, after too many failed attempts from it. Try again later.',
    'The relay takes nobody from your address for a while, after too many failed attempts from it. Try again later.',
  ],
  [
    { token: 'invalid-token' },
    'This relay takes senders with a token, and RELAY_TOKEN is not set to a valid one. Ask its operator for yours.',
    undefined,
  ],
  [
    { token: 'quota-exceeded' },
    'Your quota at this relay is used up for today; it starts afresh at 00:00 UTC, in 5 h 12 min. Run it again then.',
    "The sender's quota at this relay is used up for today; it starts afresh at 00:00 UTC, in 5 h 12 min. Ask the sender to run it again then.",
  ],
  [
    { token: 'code-in-use' },
    'Another sender uses the digits of that code. Choose others, or leave --code out.',
    undefined,
  ],
  [{ token: 'room-full' }, undefined, 'Somebody else is receiving with that code. Check it with the sender.'],
  [
    { token: 'rate-limited', scope: 'IP', retryAfterSeconds: 17 },
    'There were too many connections to the relay from your address. Try again in 17 seconds.',
    'There were too many connections to the relay from your address. Try again in 17 seconds.',
  ],
  [
    { token: 'rate-limited', scope: 'code', retryAfterSeconds: 1 },
    'There were too many connections to the relay from your address. Try again in 1 second.',
    'There were too many connections to the relay from your address. Try again in 1 second.',
  ],
  [
    { token: 'server-full' },
    'The relay has no room for another connection from your address now. Try again later.',
    'The relay has no room for another connection from your address now. Try again later.',
  ],
  [
    { token: 'room-expired' },
    'No receiver came in time. Run it again when the receiver is ready.',
    'The sender did not come in time. Ask the sender to run the same command again, then run yours again.',
  ],
  [
    { token: 'room-closed' },
    "The relay's operator has closed the room. Ask them before you run it again.",
    "The relay's operator has closed the room. Ask them before you run it again.",
  ],
  [
    { token: 'shutting-down' },
    'The relay is shutting down. Try again in a minute.',
    'The relay is shutting down. Try again in a minute.',
  ],
];

describe('a refusal', () => {
  it.each(TABLE)('%j is told to the side that reads it', (refused, sender, receiver) => {
    const said = sentence(refused);
    for (const [side, told] of [
      ['sender', sender],
      ['receiver', receiver],
    ] as const)
      expect(refusal({ ...refused, sentence: said }, side, NOW).message).toBe(
        told ?? `The relay says: ${said}`,
      );
  });

  it('is in the table for every token', () => {
    expect(new Set(TABLE.map(([{ token }]) => token))).toEqual(new Set(REFUSAL_TOKENS));
  });

  it('is the message of what the transfer fails with', () => {
    const said = sentence({ token: 'code-blocked' });
    const refused = new RelayRefused({ token: 'code-blocked', sentence: said }, 'receiver');
    const error = toTransferError(refused, 'receiver') as TransferError;
    expect(error.code).toBe('nobody-there');
    expect(error.message).toMatch(/^That code is blocked/);
  });
});

const told = (['sender', 'receiver'] as const).flatMap((side) => [
  ...TABLE.map(
    ([refused]) => [side, refusal({ ...refused, sentence: sentence(refused) }, side, NOW).message] as const,
  ),
  ...FINAL_REASONS.map((reason) => [side, endedBecause(reason, side, NOW)] as const),
]);

it.each(told)('the %s reads of nothing that only the other side can do: %s', (side, message) => {
  expect(message).toMatch(/^[A-Z][^\n]{20,250}\.$/);
  if (side === 'sender') expect(message).not.toMatch(/\bthe sender\b|--wait|--output/i);
  else expect(message).not.toMatch(/--code|RELAY_TOKEN|\bthe receiver\b/i);
});
