import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../src/client/platform.js';
import {
  type Code,
  completeWord,
  drawCode,
  formatCode,
  parseCode,
  randomBelow,
} from '../../src/transfer/code.js';
import { PLATFORMS } from './platforms.js';

function parsed(text: string): Code {
  const result = parseCode(text);
  if (!result.ok) throw new Error(result.problem);
  return result.code;
}

const separator = fc.constantFrom(
  '-',
  ' ',
  '_',
  '--',
  ' - ',
  '\t',
  '\n',
  '–',
  '\u2011',
  '\u2212',
  '\u00a0',
  '__ ',
);
const edge = fc.constantFrom('', ' ', '-', '\r\n', ' _ ');
const drawn = fc
  .tuple(
    fc.integer({ min: 100_000, max: 999_999 }),
    fc.constantFrom(...wordlist),
    fc.constantFrom(...wordlist),
  )
  .map(([digits, first, second]) => ({ nameplate: String(digits), words: [first, second] }));
const chosen = fc.record({
  nameplate: fc.stringMatching(/^[0-9]{4,20}$/),
  words: fc.array(fc.stringMatching(/^[a-z0-9]{2,32}$/), { minLength: 2, maxLength: 16 }),
});

const random = (max: number) => randomBelow(max, nodePlatform);

describe('randomBelow', () => {
  const drawing = (max: number, ...drawn: readonly string[]) => {
    const left = [...drawn];
    return randomBelow(max, { randomBytes: () => Buffer.from(left.shift()!, 'hex') });
  };

  it('takes 32 bits, most significant first', () => {
    expect(drawing(2048, '00000800')).toBe(0);
    expect(drawing(900_000, '00000001')).toBe(1);
    expect(drawing(900_000, '000dbba0')).toBe(0);
  });

  it('draws again where some numbers would be likelier than others', () => {
    // 4,772 whole runs of 900,000 end at 4,294,800,000.
    expect(drawing(900_000, 'fffd727f')).toBe(899_999);
    expect(drawing(900_000, 'fffd7280', 'ffffffff', '00000007')).toBe(7);
    expect(drawing(2048, 'ffffffff')).toBe(2047);
  });

  it.each(PLATFORMS)('stays below, and reaches all of it, on %s', (_name, platform) => {
    const drawn = new Set(Array.from({ length: 1000 }, () => randomBelow(7, platform)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('drawCode', () => {
  it('draws six digits without a leading zero and two words, each from its whole range', () => {
    const asked: number[] = [];
    const first = drawCode((max) => (asked.push(max), 0));
    expect(asked).toEqual([900_000, 2048, 2048]);
    expect(formatCode(first)).toBe('100000-abandon-abandon');
    expect(formatCode(drawCode((max) => max - 1))).toBe('999999-zoo-zoo');
  });

  it('draws codes that parse as themselves, without a hint', () => {
    for (let run = 0; run < 500; run += 1) {
      const code = drawCode(random);
      expect(code.nameplate).toMatch(/^[1-9][0-9]{5}$/);
      expect(parseCode(formatCode(code))).toEqual({ ok: true, code, hint: undefined });
    }
  });

  it('does not draw the same code again and again', () => {
    expect(new Set(Array.from({ length: 50 }, () => formatCode(drawCode(random)))).size).toBeGreaterThan(45);
  });

  it('refuses a random source that leaves its range', () => {
    expect(() => drawCode((max) => max)).toThrow(RangeError);
  });
});

describe('parseCode', () => {
  it('reads a code in whatever way it is typed', () => {
    const spelling = drawn.chain(({ nameplate, words }) =>
      fc
        .tuple(
          edge,
          edge,
          fc.array(separator, { minLength: words.length, maxLength: words.length }),
          fc.array(fc.tuple(fc.integer({ min: 4, max: 8 }), fc.func(fc.boolean())), {
            minLength: words.length,
            maxLength: words.length,
          }),
        )
        .map(([before, after, separators, forms]) => {
          const typed = words.map((word, index) => {
            const [length, isUpper] = forms[index] ?? [8, () => false];
            return word
              .slice(0, length)
              .replace(/./g, (letter, at: number) => (isUpper(at) ? letter.toUpperCase() : letter));
          });
          const text = typed.reduce(
            (all, word, index) => all + separators[index]! + word,
            before + nameplate,
          );
          return { text: text + after, code: { nameplate, password: words.join('-') } };
        }),
    );
    fc.assert(
      fc.property(spelling, ({ text, code }) => {
        expect(parseCode(text)).toEqual({ ok: true, code, hint: undefined });
      }),
      { numRuns: 2000 },
    );
  });

  it('gives a chosen code one normal form: parsing what it formats changes nothing', () => {
    fc.assert(
      fc.property(chosen, ({ nameplate, words }) => {
        const code = parsed([nameplate, ...words].join(' ').toUpperCase());
        expect(code).toEqual({ nameplate, password: words.map(completeWord).join('-') });
        expect(parsed(formatCode(code))).toEqual(code);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['1234-gold-fish', '1234-gold-fish'],
    ['００１２３-Ｇｏｌｄ-fish', '00123-gold-fish'],
    ['1234-abst-act', '1234-abstract-act'],
    ['1234-abs-act', '1234-abs-act'],
    ['1234-abstractx-zoo', '1234-abstractx-zoo'],
    ['1234-abstact-zoo', '1234-abstact-zoo'],
    ['1234 99 red 4ever', '1234-99-red-4ever'],
    ['00000000000000000000-ab-cd', '00000000000000000000-ab-cd'],
  ])('reads %s as %s', (text, code) => {
    expect(formatCode(parsed(text))).toBe(code);
  });

  it.each([
    ['', /is empty/],
    [' -_ ', /is empty/],
    ['olive-basic', /starts with digits/],
    ['12a4-olive-basic', /starts with digits/],
    ['١٢٣٤-olive-basic', /starts with digits/],
    ['123-olive-basic', /4 to 20 digits/],
    [`${'1'.repeat(21)}-olive-basic`, /4 to 20 digits/],
    ['1234', /two words or more/],
    ['1234-olive', /two words or more/],
    ['1234-olivebasic', /two words or more/],
    [`1234${'-olive'.repeat(17)}`, /at most 16 words/],
    ['1234-olive-b', /^Word 2 of the code is too short/],
    [`1234-${'o'.repeat(33)}-basic`, /^Word 1 of the code is too long/],
    ['1234-olive-bäsic', /^Word 2 of the code has a character/],
    ['1234-olive-ba\u200bsic', /^Word 2 of the code has a character/],
    ['1234-ol:ive-basic', /^Word 1 of the code has a character/],
    ['1'.repeat(5000), /too long/],
  ])('says what is wrong with %j', (text, problem) => {
    expect(parseCode(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) as string });
  });

  it.each([
    ['731904-olvie-basic', /^Word 1 of the code is not in the list/],
    ['731904-olive-basicc', /^Word 2 of the code is not in the list/],
    ['731904-olvie-bisac', /^Words 1 and 2 of the code are not in the list/],
    ['731904-olvie-bisac-zooo', /^Words 1, 2 and 3 of the code are/],
  ])('hints at the typing error in %s', (text, hint) => {
    expect(parseCode(text)).toMatchObject({ ok: true, hint: expect.stringMatching(hint) as string });
  });

  it('never repeats what was typed', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[0-9]{3,5}([ -][a-zé]{1,34}){0,3}$/),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const result = parseCode(typed);
        const said = (result.ok ? result.hint : result.problem) ?? '';
        // The sentences are made of short words and of the example; nothing else may stand in them.
        const vocabulary =
          said
            .replaceAll('731904-olive-basic', '')
            .toLowerCase()
            .match(/[a-z0-9]+/g) ?? [];
        for (const word of vocabulary) expect(SENTENCES).toContain(word);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Every word of every sentence; numbers count words of a code and its limits. */
const SENTENCES = [
  ...'that is too long for a code looks like the empty starts with digits as in to has two words or more after'.split(
    ' ',
  ),
  ...'at most of character neither letter from z nor digit short have characters list codes are drawn'.split(
    ' ',
  ),
  ...'check spelling unless sender chose not and word'.split(' '),
  ...Array.from({ length: 33 }, (_, number) => String(number)),
];

describe('completeWord', () => {
  it('completes every beginning of four letters or more, and nothing shorter', () => {
    for (const word of wordlist) {
      for (let length = 1; length <= word.length; length += 1) {
        const typed = word.slice(0, length);
        expect(completeWord(typed)).toBe(length >= 4 ? word : typed);
      }
    }
  });

  it('leaves alone what is no beginning of a listed word', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{2,32}$/), (word) => {
        const candidates = wordlist.filter((listed) => listed.startsWith(word));
        expect(completeWord(word)).toBe(word.length >= 4 && candidates.length === 1 ? candidates[0] : word);
      }),
    );
  });
});
