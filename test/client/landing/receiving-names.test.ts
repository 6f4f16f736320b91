import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/transfer/names.js';
import { planLanding } from '../../../src/client/landing/landing.js';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  land,
  offerOf,
  open,
  optionsFor,
  problemOf,
  sendOne,
  temporaryDirectory,
} from './helpers.js';

describe('receiving: hostile and odd names, where they land', () => {
  it('traversal', async () => {
    const outside = await temporaryDirectory();
    const cwd = join(outside, 'a', 'b');
    await fs.mkdir(cwd, { recursive: true });
    const hostile = ['../x', '/x', 'a/../../x', '..', '.', 'd/../../x', 'd//x', 'd/./x'];
    for (const path of hostile) {
      const problem = await problemOf(
        planLanding(optionsFor(cwd, [], { offer: offerOf([file(path, 'x')], [path]) })),
      );
      expect(problem.code).toBe('hostile-name');
      const landing = await open(cwd, [directory('d'), file('d/x', 'x')]);
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
      expect((await problemOf(sendOne(landing, file(`d/${path}`, 'x')))).code).toBe('hostile-name');
      await landing[Symbol.asyncDispose]();
    }
    expect(await contentsOf(outside)).toEqual({ a: '(directory)', 'a/b': '(directory)' });
  });

  it('windows_names', async () => {
    const names = [
      'NUL',
      'con.txt',
      'Com1',
      'a:b',
      '12:30.txt',
      'a.',
      'a ',
      'a?',
      'a"b',
      'a\\b',
      'aux.tar.gz',
      'bell\x07',
    ];
    const cwd = await temporaryDirectory();
    const items = [directory('d'), ...names.flatMap((name) => [file(name, name), file(`d/${name}`, name)])];
    if (process.platform === 'win32') return;
    await land(cwd, items);
    expect(await contentsOf(cwd)).toEqual(expectedContents(items));
  });

  it('ansi_bidi_zero_width', async () => {
    expect(printable('a\x1b[2Jb')).toBe('a\\u{1b}[2Jb');
    expect(printable('\u202egpj.exe')).toBe('\\u{202e}gpj.exe');
    expect(printable('a\u200bb\ufeff\u2066c\u00ad\u3164\u2028')).toBe(
      'a\\u{200b}b\\u{feff}\\u{2066}c\\u{ad}\\u{3164}\\u{2028}',
    );
    expect(printable('\u009b31m\r\n\t\u00a0')).toBe('\\u{9b}31m\\u{d}\\u{a}\\u{9}\\u{a0}');
    const cwd = await temporaryDirectory();
    const control = [file('a\x1b[2J', 'x')];
    await land(cwd, control);
    expect((await problemOf(land(cwd, control))).message).toContain('a\\u{1b}[2J"');
    const bidi = file('\u202egpj.exe', 'x');
    await land(cwd, [bidi]);
    // problemOf looks that nothing of it stands in the message as it is.
    expect((await problemOf(land(cwd, [bidi]))).message).toContain('\\u{202e}gpj.exe');
    const landing = await open(cwd, [file('d/\u200b', 'x')]);
    expect((await problemOf(sendOne(landing, file('d/\u200b', 'xx')))).code).toBe('too-much');
    expect((await problemOf(sendOne(landing, file('e\u200b', 'x')))).message).toContain('e\\u{200b}');
  });

  it('legit_names', async () => {
    const cwd = await temporaryDirectory();
    const names = [
      '(a) [b].txt',
      'ジ',
      '🎉👩‍👩‍👧.png',
      '-x-',
      '.hidden',
      'caf\u00e9',
      ' leading',
      "it's; $HOME `x`",
      '..a',
    ];
    const items = names.flatMap((name) => [file(name, name), file(`in ${name}/${name}`, name)]);
    const landed = await land(cwd, items);
    expect(landed.names).toEqual(offerOf(items).names);
    expect(landed.files).toBe(items.length);
    expect(await contentsOf(cwd)).toMatchObject(expectedContents(items));
  });

  it('overlong_component', async () => {
    const cwd = await temporaryDirectory();
    const long = 'x'.repeat(256);
    const problem = await problemOf(planLanding(optionsFor(cwd, [file(long, 'x')])));
    expect(problem.code).toBe('hostile-name');
    expect(problem.message.length).toBeLessThan(300);
    const landing = await open(cwd, [file('d/x', 'x')]);
    for (const path of [
      `d/${long}`,
      `d/${'é'.repeat(128)}`,
      `d/${'abc/'.repeat(2000)}x`,
      `d/${'x'.repeat(50_000_000)}`,
    ])
      expect((await problemOf(sendOne(landing, file(path, 'x')))).code).toBe('hostile-name');
    await landing[Symbol.asyncDispose]();
    expect(await contentsOf(cwd)).toEqual({});
    await land(cwd, [file('y'.repeat(255), 'x'), file(`d/${'é'.repeat(127)}`, 'x')]);
  });
});
