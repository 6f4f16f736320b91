import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReply, type Reply } from '../../src/protocol/parse-reply.js';
import {
  END_REASONS,
  plainVoice,
  type Refusal,
  REFUSAL_TOKENS,
  sentence,
  voice,
} from '../../src/protocol/replies.js';

type PlainToken = Exclude<Refusal['token'], 'invalid-handshake' | 'invalid-code' | 'rate-limited'>;

const isPlain = (token: Refusal['token']): token is PlainToken =>
  !['invalid-handshake', 'invalid-code', 'rate-limited'].includes(token);

const printable = fc.string({
  minLength: 1,
  unit: fc.constantFrom(...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))),
});

/** Every refusal that there is, with anything in its sentence. */
const refusals: fc.Arbitrary<Refusal> = fc.oneof(
  fc.record({ token: fc.constantFrom(...REFUSAL_TOKENS.filter(isPlain)) }),
  fc.record({ token: fc.constant('invalid-handshake' as const), problem: printable }),
  fc.record({
    token: fc.constant('invalid-code' as const),
    triesLeft: fc.oneof(fc.nat(), fc.constant(undefined)),
  }),
  fc.record({
    token: fc.constant('rate-limited' as const),
    scope: fc.constantFrom('IP' as const, 'code' as const),
    retryAfterSeconds: fc.nat(),
  }),
);

/** What a client reads of a reply. */
function heard(said: string | undefined): Reply | undefined {
  expect(said).toMatch(/^[^\n]+\n$/);
  return parseReply(said!.slice(0, -1));
}

describe('parseReply reads back', () => {
  it('every refusal, in the plain form and behind its token', () => {
    fc.assert(
      fc.property(refusals, fc.constantFrom(true, false), (refusal, raw) => {
        const read = { kind: 'refused', refusal: { ...refusal, sentence: sentence(refusal) } };
        expect(heard(plainVoice.refused(refusal))).toEqual(read);
        expect(heard(voice({ status: true, raw }).refused(refusal))).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });

  it('that it waits, and that it is paired', () => {
    const spoken = voice({ status: true, raw: false });
    fc.assert(
      fc.property(fc.nat(), (secondsLeft) => {
        expect(heard(spoken.waiting(secondsLeft))).toEqual({ kind: 'waiting', secondsLeft });
      }),
    );
    expect(heard(spoken.paired())).toEqual({ kind: 'paired' });
  });

  it.each(END_REASONS)('that it was over: %s', (reason) => {
    const spoken = voice({ status: true, raw: false });
    expect(heard(spoken.disconnected(reason))).toEqual({ kind: 'disconnected', reason });
    expect(heard(plainVoice.disconnected(reason))).toEqual({ kind: 'disconnected', reason: undefined });
  });
});

describe('of another release it takes', () => {
  it('a reason that is not known, as none', () => {
    expect(parseReply('DISCONNECT tomorrow')).toEqual({ kind: 'disconnected', reason: undefined });
  });

  it('other words behind a token that is known', () => {
    expect(parseReply('ERROR rate-limited Slowly.')).toEqual({
      kind: 'refused',
      refusal: { token: 'rate-limited', sentence: 'Slowly.' },
    });
  });
});

describe('what no relay says is undefined', () => {
  it.each([
    '',
    'PAIRED\r',
    'PAIRED ',
    'paired',
    'WAITING',
    'WAITING -1',
    'WAITING 1 2',
    'ERROR',
    'ERROR code-blocked',
    'ERROR no-such-token Sorry.',
    'ERROR code-blocked Sorry.\r',
    'DISCONNECT ',
    'DISCONNECT Quota',
    `DISCONNECT ${'a'.repeat(33)}`,
    'Rate limit exceeded for IP.',
    'Invalid handshake: .',
    'Server is full. Try again later. ',
    'HTTP/1.1 400 Bad Request',
  ])('%j', (line) => {
    expect(parseReply(line)).toBeUndefined();
  });

  it('and anything is either that or one line that says what it was', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        const reply = parseReply(line);
        expect([undefined, 'waiting', 'paired', 'refused', 'disconnected']).toContain(reply?.kind);
      }),
    );
  });
});
