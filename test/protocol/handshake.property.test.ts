import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatHandshake, type JoinRequest, parseHandshake } from '../../src/protocol/handshake.js';
import { MAX_LINE_BYTES } from '../../src/protocol/limits.js';

const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const key = fc.option(word, { nil: undefined });
const flags = { code: word, retry: fc.boolean(), status: fc.boolean(), raw: fc.boolean(), key };
const request: fc.Arbitrary<JoinRequest> = fc.oneof(
  fc.record({
    ...flags,
    role: fc.constant('sender' as const),
    wait: fc.constant(false),
    token: fc.option(word, { nil: undefined }),
    receivers: fc.integer({ min: 1, max: 16 }),
  }),
  fc.record({
    ...flags,
    role: fc.constant('receiver' as const),
    wait: fc.boolean(),
    token: fc.constant(undefined),
    receivers: fc.constant(undefined),
  }),
);

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
/** Lines that come near the grammar: its own words, and what looks like them. */
const nearly = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: word }, latin1),
    fc.constantFrom('sender', 'receiver', 'sender', 'receiver', 'Sender', ''),
    fc.array(
      fc.oneof(
        {
          weight: 8,
          arbitrary: fc.constantFrom('retry', 'status', 'raw', 'wait', 'key=k', 'token=t', 'receivers=2'),
        },
        fc.constantFrom('key', 'key=', 'receivers=0', 'retry=1', 'sender', '', '=', '\r', 'constructor'),
        word,
        latin1,
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom('', '\r'),
  )
  .map(([code, role, options, end]) => [code, role, ...options].join(':') + end);
const line = fc.oneof(latin1, nearly);

it('parses what it formats', () => {
  fc.assert(
    fc.property(request, fc.constantFrom('', '\r'), (asked, carriageReturn) => {
      const written = formatHandshake(asked);
      expect(written.length).toBeLessThanOrEqual(MAX_LINE_BYTES);
      expect(written.indexOf('\n')).toBe(written.length - 1);
      expect(parseHandshake(written.slice(0, -1) + carriageReturn)).toEqual({ ok: true, request: asked });
    }),
    { numRuns: 1000 },
  );
});

it('reads the options in any order', () => {
  const shuffled = request.chain((asked) => {
    const [code, role, ...options] = formatHandshake(asked).trimEnd().split(':');
    return fc
      .shuffledSubarray(options, { minLength: options.length })
      .map((order) => ({ asked, line: [code, role, ...order].join(':') }));
  });
  fc.assert(
    fc.property(shuffled, ({ asked, line }) => {
      expect(parseHandshake(line)).toEqual({ ok: true, request: asked });
    }),
  );
});

it('never throws; what it accepts, it reads the same from its formatted form', () => {
  fc.assert(
    fc.property(line, (text) => {
      const handshake = parseHandshake(text);
      if (handshake.ok)
        expect(parseHandshake(formatHandshake(handshake.request).slice(0, -1))).toEqual(handshake);
      else expect(handshake.problem).not.toBe('');
    }),
    { numRuns: 5000 },
  );
});

it('accepts nothing but the grammar', () => {
  const grammar =
    /^[A-Za-z0-9._-]{1,64}:(sender|receiver)(:(retry|status|raw|wait|(key|token)=[A-Za-z0-9._-]{1,64}|receivers=([1-9]|1[0-6])))*\r?$/;
  fc.assert(
    fc.property(line, (text) => {
      if (parseHandshake(text).ok) {
        expect(text).toMatch(grammar);
      } else if (grammar.test(text)) {
        // Of the grammar's shape, and refused: given twice, or not for this role.
        const [, role, ...options] = text.trimEnd().split(':');
        const names = options.map((option) => option.split('=')[0]);
        const isRepeated = new Set(names).size < names.length;
        const foreign = role === 'sender' ? ['wait'] : ['receivers', 'token'];
        expect(isRepeated || names.some((name) => foreign.includes(name ?? ''))).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
});

it('a problem repeats neither the code nor the key', () => {
  // Long enough not to be a part of a sentence by chance.
  const secret = fc.stringMatching(/^[A-Z0-9._-]{12,64}$/);
  const flaw = fc.constantFrom(
    (code: string, key: string) => `${code}:sender:key=${key}:turbo`,
    (code: string, key: string) => `${code}:sender:key=${key}:key=${key}`,
    (code: string, key: string) => `${code}:sender:key=${key}\0`,
    (code: string, key: string) => `${code}:sender:token=${key}\0`,
    (code: string, key: string) => `${code}:receiver:token=${key}`,
    (code: string, key: string) => `${code}:sender:${key}`,
    (code: string, key: string) => `${code}:sender:${key}=${code}`,
    (code: string, key: string) => `${code}:sender:receivers=${key}`,
    (code: string, key: string) => `${code}:sender:retry=${key}`,
    (code: string, key: string) => `${code}:sender:key=${key}=`,
    (code: string, key: string) => `${code}:${key}`,
    (code: string, key: string) => `${code} ${key}:sender`,
    (code: string, key: string) => `${code}${key}`,
  );
  fc.assert(
    fc.property(secret, secret, flaw, (code, key, write) => {
      const handshake = parseHandshake(write(code, key));
      if (handshake.ok) return;
      expect(handshake.problem).not.toContain(code);
      expect(handshake.problem).not.toContain(key);
    }),
    { numRuns: 1000 },
  );
});

it('a problem is one of a few fixed sentences, whatever the line says', () => {
  const problems = new Set<string>();
  fc.assert(
    fc.property(line, (text) => {
      const handshake = parseHandshake(text);
      if (!handshake.ok) problems.add(handshake.problem);
    }),
    { numRuns: 5000 },
  );
  expect(problems.size).toBeLessThanOrEqual(25);
});
