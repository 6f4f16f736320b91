import { describe, expect, it } from 'vitest';
import {
  END_REASONS,
  plainVoice,
  type Refusal,
  REFUSAL_TOKENS,
  sentence,
  voice,
} from '../../src/protocol/replies.js';

const SENTENCES: readonly [refusal: Refusal, sentence: string][] = [
  [{ token: 'invalid-handshake', problem: 'the line is empty' }, 'Invalid handshake: the line is empty.'],
  [{ token: 'handshake-timeout' }, 'Handshake timed out.'],
  [
    { token: 'invalid-code', triesLeft: 2 },
    'Invalid code or key. You have 2 tries remaining before this code is blocked.',
  ],
  // As the tool that this relay stands in for writes it.
  [
    { token: 'invalid-code', triesLeft: 1 },
    'Invalid code or key. You have 1 tries remaining before this code is blocked.',
  ],
  [{ token: 'invalid-code', triesLeft: undefined }, 'Invalid code or key.'],
  [{ token: 'code-blocked' }, 'Code temporarily blocked due to too many failed attempts. Try again later.'],
  [{ token: 'source-blocked' }, 'Too many failed attempts from your address. Try again later.'],
  [{ token: 'invalid-token' }, 'Invalid or missing token.'],
  [{ token: 'quota-exceeded' }, 'Daily quota used up. It starts afresh at 00:00 UTC.'],
  [{ token: 'code-in-use' }, 'Code already in use.'],
  [{ token: 'room-full' }, 'Room is full.'],
  [
    { token: 'rate-limited', scope: 'IP', retryAfterSeconds: 17 },
    'Rate limit exceeded for IP. Try again in 17 seconds.',
  ],
  [
    { token: 'rate-limited', scope: 'code', retryAfterSeconds: 1 },
    'Rate limit exceeded for code. Try again in 1 seconds.',
  ],
  [{ token: 'server-full' }, 'Server is full. Try again later.'],
  [{ token: 'room-expired' }, 'Room expired: nobody joined in time.'],
  [{ token: 'room-closed' }, 'Room closed by the operator.'],
  [{ token: 'shutting-down' }, 'Server is shutting down.'],
];

it('the table knows every token', () => {
  expect(new Set(SENTENCES.map(([refusal]) => refusal.token))).toEqual(new Set(REFUSAL_TOKENS));
});

describe.each(SENTENCES)('%j', (refusal, words) => {
  it('is this sentence', () => {
    expect(sentence(refusal)).toBe(words);
  });

  it('stands alone on a line for a plain client', () => {
    expect(plainVoice.refused(refusal)).toBe(`${words}\n`);
    expect(voice({ status: false, raw: true }).refused(refusal)).toBe(`${words}\n`);
  });

  it('stands behind its token for a client that asked for status lines', () => {
    const line = `ERROR ${refusal.token} ${words}\n`;
    expect(voice({ status: true, raw: false }).refused(refusal)).toBe(line);
    expect(voice({ status: true, raw: true }).refused(refusal)).toBe(line);
  });
});

describe('before the stream', () => {
  it.each([true, false])('status lines only where asked for (raw: %s)', (raw) => {
    const spoken = voice({ status: true, raw });
    expect(spoken.waiting(600)).toBe('WAITING 600\n');
    expect(spoken.waiting(0)).toBe('WAITING 0\n');
    expect(spoken.paired()).toBe('PAIRED\n');

    const silent = voice({ status: false, raw });
    expect(silent.waiting(600)).toBeUndefined();
    expect(silent.paired()).toBeUndefined();
  });
});

describe.each(END_REASONS)('the notice that it was over, %s', (reason) => {
  it('is one word for a plain client', () => {
    expect(voice({ status: false, raw: false }).disconnected(reason)).toBe('DISCONNECT\n');
    expect(plainVoice.disconnected(reason)).toBe('DISCONNECT\n');
  });

  it('has its reason with status lines', () => {
    expect(voice({ status: true, raw: false }).disconnected(reason)).toBe(`DISCONNECT ${reason}\n`);
  });

  it('is not written into a raw stream', () => {
    expect(voice({ status: false, raw: true }).disconnected(reason)).toBeUndefined();
    expect(voice({ status: true, raw: true }).disconnected(reason)).toBeUndefined();
  });
});
