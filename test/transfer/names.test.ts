import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPath, localName, numberedName, printable } from '../../src/transfer/names.js';

const refused = (path: string) => {
  const checked = checkPath(path, 'linux');
  expect(checked.ok, JSON.stringify(path.slice(0, 40))).toBe(false);
  return checked.ok ? '' : checked.problem;
};
const accepted = (path: string) => {
  const checked = checkPath(path, 'linux');
  expect(checked, JSON.stringify(path.slice(0, 40))).toEqual({ ok: true, parts: path.split('/') });
};

describe('checkPath', () => {
  it('refuses what leads elsewhere', () => {
    for (const path of [
      '',
      '.',
      '..',
      '/',
      '/x',
      '//x',
      'a//b',
      'a/',
      './a',
      'a/.',
      '../x',
      'a/..',
      'a/../../x',
    ])
      refused(path);
    refused('//srv/x');
    for (const path of ['C:\\x', 'c:/x', '\\\\srv\\x', '\\x', '\\\\?\\C:\\x', 'a\\..\\b', '..\\x', 'a\\..'])
      expect(checkPath(path, 'win32').ok, path).toBe(false);
  });

  it('refuses what no system can hold', () => {
    for (const path of ['a\0', 'a\ud800', '\udc00a']) refused(path);
    refused('x'.repeat(256));
    refused('é'.repeat(128));
    refused(`${'x'.repeat(200)}/`.repeat(20) + 'x'.repeat(77));
    refused(Array.from({ length: 65 }, () => 'd').join('/'));
    accepted('x'.repeat(255));
    accepted('é'.repeat(127));
    accepted(`${'x'.repeat(200)}/`.repeat(20) + 'x'.repeat(76));
    accepted(Array.from({ length: 64 }, () => 'd').join('/'));
  });

  it('accepts what this system has, and another has not; there it becomes _', () => {
    const mapped = {
      '12:30.txt': '12_30.txt',
      'a<b>"c"|?*': 'a_b__c____',
      'a\\b': 'a_b',
      'a\nb': 'a_b',
      'a.': 'a_',
      'a ': 'a_',
      NUL: '_',
      'con.txt': '_.txt',
      'Aux.tar.gz': '_.tar.gz',
      'COM¹': '_',
      'prn .x': '_.x',
      CONIN$: '_',
    };
    for (const [name, local] of Object.entries(mapped)) {
      expect(checkPath(`d/${name}`, 'linux')).toEqual({ ok: true, parts: ['d', name] });
      expect(checkPath(`d/${name}`, 'win32').ok).toBe(true);
      expect([localName(name, 'linux'), localName(name, 'win32')]).toEqual([name, local]);
    }
    for (const name of ['null', 'console', 'com', 'com10', 'COMA', 'xnul', 'nul-1', 'a.nul', 'auxiliary.txt'])
      expect(localName(name, 'win32')).toBe(name);
  });

  it('keeps our own names for ourselves, however a file system compares', () => {
    for (const name of [
      '.relay-receive-1234',
      '.RELAY-Receive-1',
      '.relay\u200b-receive-x',
      '.ｒelay-receive-',
    ])
      refused(`a/${name}`);
    for (const name of ['.relay-receive', 'relay-receive-1', 'x.relay-receive-1']) accepted(name);
  });

  it('accepts what people call their files', () => {
    for (const path of [
      '(a) [b].txt',
      'ジ',
      'シ\u3099',
      '👩‍👩‍👧.png',
      '-x-',
      '.hidden',
      'caf\u00e9',
      'cafe\u0301',
      ' a',
      '~',
      '$HOME',
      '%TEMP%',
      "it's",
      'a;b&c',
      '..a',
      'a..b',
      '\u202eabc',
    ])
      accepted(`d/${path}`);
  });

  it('says what is wrong in a sentence that does not repeat the name', () => {
    for (const path of ['../SECRET', 'SECRET\0', '/SECRET', 'SECRET/', 'SECRET'.repeat(900)]) {
      expect(refused(path)).toMatch(/^It [ -~]+\.$/);
      expect(refused(path)).not.toContain('SECRET');
    }
  });

  const piece = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      '/',
      '\\',
      'C:',
      'C:\\',
      '//',
      'a',
      'NUL',
      '\0',
      ' ',
      '~',
      '\u2024',
      '．．',
      '%2e%2e',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const path = fc
    .array(piece, { maxLength: 8 })
    .chain((pieces) => fc.constantFrom(pieces.join(''), pieces.join('/'), pieces.join('\\')));

  it('never accepts what would be outside of its directory, on POSIX or Windows', () => {
    fc.assert(
      fc.property(path, (text) => {
        const checked = checkPath(text, 'linux');
        if (!checked.ok) return;
        expect(posix.resolve('/in/here', text)).toBe(`/in/here/${text}`);
        expect(checked.parts.join('/')).toBe(text);
        const there = checkPath(text, 'win32');
        if (!there.ok) return;
        const local = there.parts.map((part) => localName(part, 'win32')).join('\\');
        expect(win32.resolve('C:\\in\\here', local)).toBe(`C:\\in\\here\\${local}`);
      }),
      { numRuns: 5000 },
    );
  });

  it('accepts plain names, whatever their script', () => {
    const letters = fc.stringMatching(/^[\p{L}\p{N}_-]{1,20}$/u);
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 5 }), (parts) => {
        const isDevice = (part: string) => /^(con|prn|aux|nul|(com|lpt)[0-9¹²³])$/i.test(part);
        expect(checkPath(parts.join('/'), 'win32').ok).toBe(true);
        for (const part of parts) expect(localName(part, 'win32')).toBe(isDevice(part) ? '_' : part);
      }),
    );
  });
});

describe('printable', () => {
  it('leaves alone what a screen shows', () => {
    for (const name of ['(a) [b].txt', 'ジ', '🎉.png', '-x-', 'caf\u00e9', 'cafe\u0301', 'สวัสดี', 'ไม้ ที่'])
      expect(printable(name)).toBe(name);
  });

  it('shortens in the middle, by columns, and keeps the end', () => {
    expect(printable('abcdefghij.jpg', 9)).toBe('abcd….jpg');
    expect(printable('ジジジジジジ', 7)).toBe('ジ…ジジ');
    expect(printable('a\x1b\x1b\x1bb', 8)).toBe('a…b');
    expect(printable('abc', 3)).toBe('abc');
    expect(printable('abc', 1)).toBe('…');
    expect(printable('x'.repeat(1_000_000), 11)).toBe('xxxxx…xxxxx');
  });

  it('never puts out what is not shown, nor more columns than it may', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (name, columns) => {
          const shown = printable(name, columns);
          expect(shown).not.toMatch(
            /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
          );
          expect([...new Intl.Segmenter().segment(shown)].length).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('numberedName', () => {
  it('puts the number before the extension', () => {
    expect(numberedName('photo.jpg', 2)).toBe('photo (2).jpg');
    expect(numberedName('archive.tar.gz', 3)).toBe('archive (3).tar.gz');
    expect(numberedName('.hidden', 2)).toBe('.hidden (2)');
    expect(numberedName('.hidden.txt', 2)).toBe('.hidden (2).txt');
    expect(numberedName('README', 12)).toBe('README (12)');
    expect(numberedName('v1.2 final version', 2)).toBe('v1.2 final version (2)');
  });

  it('makes of a name that lands another one that lands', () => {
    const names = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.stringMatching(/^[a-zé.]{200,260}$/),
    );
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 9999 }), (name, n) => {
        fc.pre(checkPath(name, 'linux').ok && !name.includes('/'));
        const numbered = numberedName(name, n);
        expect(checkPath(numbered, 'linux')).toEqual({ ok: true, parts: [numbered] });
        expect(numbered).not.toBe(name);
      }),
    );
  });
});
