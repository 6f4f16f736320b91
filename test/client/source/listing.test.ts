import { expect, it } from 'vitest';
import { Listing, type Listed } from '../../../src/client/source/listing.js';

const listed = (path: string, absolutePath: string, more: Partial<Listed['entry']> = {}): Listed => ({
  entry: { path, kind: 'file', size: 3, executable: false, modifiedMs: -7, ...more },
  absolutePath,
  isUnreadable: false,
});

it('gives back what was noted down, in order, as often as it is asked', () => {
  const all: Listed[] = [
    listed('ä', '/home/a/ä', { executable: true }),
    listed('d', '/srv/other', { kind: 'directory', size: 0 }),
    listed('d/x\ny', '/srv/other/x\ny'),
    { ...listed('d/closed', '/srv/other/closed', { kind: 'directory', size: 0 }), isUnreadable: true },
    listed('d/e', '/srv/other/e', { kind: 'directory', size: 0 }),
    listed('d/e/f', '/srv/other/e/f', { size: 2 ** 53 - 1 }),
    listed('d/g', '/srv/other/g'),
    // More than a block of them.
    ...Array.from({ length: 3_000 }, (_, n) => listed(`d/${n}-\uFFFD`, `/srv/other/${n}-\uFFFD`)),
    listed('z', '/z'),
  ];
  const listing = new Listing();
  for (const each of all) listing.add(each);
  expect([...listing]).toEqual(all);
  expect([...listing]).toEqual(all);
  expect([...new Listing()]).toEqual([]);
});
