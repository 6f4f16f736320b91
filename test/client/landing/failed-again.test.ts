import { describe, expect, it } from 'vitest';
import {
  contentsOf,
  directory,
  expectedContents,
  file,
  open,
  sendFirst,
  sendOne,
  temporaryDirectory,
} from './helpers.js';

const FAILS = 10;
/** 30 files, small and large, in two directories. */
const ITEMS = [
  directory('d'),
  directory('d/e'),
  ...Array.from({ length: 30 }, (_, n) =>
    file(`d/${n % 4 === 0 ? 'e/' : ''}${n}`, Buffer.alloc(n % 3 === 0 ? 300_000 : 100, n)),
  ),
];

describe('what came behind an entry that failed', () => {
  it('is no reason to refuse the same again, however often that is run and killed', async () => {
    const cwd = await temporaryDirectory();
    // How far each run comes, before it is killed; the last but one comes to its end.
    for (const stop of [20, 12, 25, 11, 40, 20, 40]) {
      await using landing = await open(cwd, ITEMS);
      const { index } = await landing.resumePoint();
      for (const [at, item] of ITEMS.entries()) {
        if (at < index) continue;
        if (at === stop) {
          await sendFirst(landing, item, Math.min(50, item.bytes?.length ?? 0));
          break;
        }
        if (at === FAILS) await landing.fail(item.entry);
        else await sendOne(landing, item);
      }
      if (stop > ITEMS.length) await landing.complete();
    }
    const landing = await open(cwd, ITEMS);
    const { index } = await landing.resumePoint();
    expect(index).toBe(FAILS);
    for (const item of ITEMS.slice(index)) await sendOne(landing, item);
    expect(await landing.complete()).toMatchObject({ files: 30 });
    expect(await contentsOf(cwd)).toEqual(expectedContents(ITEMS));
  });

  it('is none either where everything comes anew', async () => {
    const cwd = await temporaryDirectory();
    for (const isLast of [false, false, true]) {
      await using landing = await open(cwd, ITEMS);
      await landing.restart();
      for (const [at, item] of ITEMS.entries()) {
        if (at === FAILS && !isLast) await landing.fail(item.entry);
        else await sendOne(landing, item);
      }
      await landing.complete();
    }
    expect(await contentsOf(cwd)).toEqual(expectedContents(ITEMS));
  });
});
