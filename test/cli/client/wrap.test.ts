import { expect, it } from 'vitest';
import { command, unwrapped, wrap } from '../../../src/cli/client/wrap.js';

it('is wrapped at words at 40 columns', () => {
  const sentence =
    'No relay answers at localhost:4000. Check the address (--relay), and that the relay runs.';
  expect(wrap(sentence, 39)).toEqual([
    'No relay answers at localhost:4000.',
    'Check the address (--relay), and that',
    'the relay runs.',
  ]);
  expect(wrap(sentence, 1_000)).toEqual([sentence]);
});

it('counts a wide character as two columns, and one that is joined to another as none', () => {
  expect(wrap('写真 写真 写真', 9)).toEqual(['写真 写真', '写真']);
  expect(wrap('é́ é́', 3)).toEqual(['é́ é́']);
});

it('leaves a command and a long word whole, on a line of their own', () => {
  const line = `On the other machine run: ${command('relay-receive --relay relay.example.com:4000')}`;
  expect(wrap(line, 39)).toEqual([
    'On the other machine run:',
    'relay-receive --relay relay.example.com:4000',
  ]);
  expect(unwrapped(line)).toBe('On the other machine run: relay-receive --relay relay.example.com:4000');
  expect(wrap(`a ${'b'.repeat(60)} c`, 39)).toEqual(['a', 'b'.repeat(60), 'c']);
});

it('goes on below what is indented, and keeps an empty line', () => {
  expect(wrap('  holiday.mp4  (400 MB, a long time)', 20)).toEqual([
    '  holiday.mp4  (400',
    '  MB, a long time)',
  ]);
  expect(wrap('', 20)).toEqual(['']);
});
