import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../../src/transfer/entry.js';
import { planLanding } from '../../../src/client/landing/landing.js';
import { contentsOf, file, optionsFor, problemOf, STAGING, temporaryDirectory } from './helpers.js';

describe('planning', () => {
  it('finds the place', async () => {
    const cwd = await temporaryDirectory();
    await fs.mkdir(join(cwd, 'dir'));
    await fs.writeFile(join(cwd, 'file'), '');
    const one = [file('a', 'a')];
    const two = [file('a', 'a'), file('b', 'b')];
    const plan = async (items: typeof one, output: string | undefined) => {
      const { directory: at, finalNames } = await planLanding(optionsFor(cwd, items, { output }));
      return [at, ...finalNames.values()];
    };
    const refusal = async (items: typeof one, output: string) =>
      (await problemOf(planLanding(optionsFor(cwd, items, { output })))).code;
    expect(await plan(two, undefined)).toEqual([cwd, 'a', 'b']);
    expect(await plan(two, 'dir')).toEqual([join(cwd, 'dir'), 'a', 'b']);
    expect(await plan(one, 'dir/')).toEqual([join(cwd, 'dir'), 'a']);
    expect(await plan(one, 'dir/c')).toEqual([join(cwd, 'dir'), 'c']);
    expect(await plan(one, join(cwd, 'new'))).toEqual([cwd, 'new']);
    expect(await refusal(one, 'file')).toBe('exists');
    expect(await refusal(two, 'file')).toBe('not-a-directory');
    expect(await refusal(two, 'new')).toBe('not-a-directory');
    expect(await refusal(one, 'new/')).toBe('not-a-directory');
    expect(await refusal(one, 'new/a')).toBe('not-a-directory');
    expect(await refusal(one, 'file/a')).toBe('not-a-directory');
    expect((await contentsOf(cwd))['new']).toBeUndefined();
  });

  it('refuses an offer that is hostile, double, or larger than the disk', async () => {
    const cwd = await temporaryDirectory();
    const refusal = async (offer: Partial<Offer>) => {
      const whole = { kind: 'files', names: ['a'], entries: 1, bytes: 1, ...offer } as const;
      return (await problemOf(planLanding(optionsFor(cwd, [], { offer: whole })))).code;
    };
    expect(await refusal({ names: ['a/b'] })).toBe('hostile-name');
    expect(await refusal({ names: ['a', 'b', 'a'], entries: 3 })).toBe('hostile-name');
    expect(await refusal({ names: [STAGING] })).toBe('hostile-name');
    expect(await refusal({ names: [] })).toBe('mismatch');
    expect(await refusal({ names: ['a', 'b'] })).toBe('mismatch');
    expect(await refusal({ bytes: -1 })).toBe('mismatch');
    expect(await refusal({ bytes: 0.5 })).toBe('mismatch');
    expect(await refusal({ entries: Number.NaN })).toBe('mismatch');
    expect(await refusal({ bytes: Number.MAX_SAFE_INTEGER })).toBe('no-space');
    await expect(planLanding(optionsFor(cwd, [file('a', '')], { nameplate: '../x' }))).rejects.toThrow(
      RangeError,
    );
    expect(await fs.readdir(cwd)).toEqual([]);
  });

  it('picks free names that differ in more than case', async () => {
    const cwd = await temporaryDirectory();
    for (const name of ['a.txt', 'A.txt', 'a (2).txt']) await fs.writeFile(join(cwd, name), '');
    const items = [file('a.txt', '1'), file('A.txt', '2')];
    const plan = await planLanding(optionsFor(cwd, items, { whenExists: 'rename' }));
    expect([...plan.finalNames.values()]).toEqual(['a (3).txt', 'A (2).txt']);
    expect(plan.existing).toEqual(['a.txt', 'A.txt']);
  });
});
