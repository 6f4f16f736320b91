import { expect, it } from 'vitest';
import { formatTable } from '../../../../src/cli/server/ctl/table.js';

const COLUMNS = [
  { heading: 'NAME', most: 6 },
  { heading: 'N', align: 'right' as const },
  { heading: 'LAST' },
];

it('is as wide as it has to be, with two blanks between columns and none at the end of a line', () => {
  const table = formatTable(COLUMNS, [
    ['a', '1', 'x'],
    ['abcdef', '1,000', undefined],
    ['', '20', 'yy'],
  ]);
  expect(table).toBe('NAME        N  LAST\na           1  x\nabcdef  1,000\n           20  yy\n');
});

it('has its headings where there are no rows, and nothing for cells that are missing', () => {
  expect(formatTable(COLUMNS, [])).toBe('NAME  N  LAST\n');
  expect(formatTable(COLUMNS, [[]])).toBe('NAME  N  LAST\n\n');
});

it('cuts what is too long, and says so', () => {
  expect(formatTable(COLUMNS, [['abcdefg']])).toBe('NAME    N  LAST\nabcde…\n');
});

it('writes out what would act on a terminal, and measures what is shown', () => {
  const table = formatTable([{ heading: 'A' }, { heading: 'B' }], [['\u001b[2J\u202e', 'b']]);
  expect(table).toBe('A                  B\n\\u{1b}[2J\\u{202e}  b\n');
});

it('cuts after writing out: a cell is never longer than its column', () => {
  expect(formatTable([{ heading: 'A', most: 8 }], [['\u001b\u001b\u001b']])).toBe('A\n\\u{1b}\\…\n');
});

it.each([
  ['a\nb', 'a\\u{a}b'],
  ['a\tb', 'a\\u{9}b'],
])('a cell stays in its line and column: %j', (cell, shown) => {
  expect(formatTable([{ heading: 'A' }], [[cell]])).toBe(`A\n${shown}\n`);
});
