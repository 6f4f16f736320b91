import { describe, expect, it } from 'vitest';
import { type Job, Window } from '../../../src/client/landing/window.js';

type Step = keyof Job;

/** Jobs by name that say what is done, and can be held up, or fail, at a step. */
function workshop() {
  const said: string[] = [];
  const held = new Map<string, () => void>();
  const job = (name: string, { fails, holds }: { fails?: Step; holds?: Step } = {}): Job => {
    const at = (step: Step) => async (): Promise<void> => {
      said.push(`${step} ${name}`);
      if (step === holds) await new Promise<void>((resolve) => held.set(name, resolve));
      if (step === fails) throw new Error(`${name} failed`);
    };
    return { write: at('write'), sync: at('sync'), place: at('place') };
  };
  const window = new Window();
  const add = (name: string, bytes: number, how?: { fails?: Step; holds?: Step }): Promise<void> =>
    window.add(bytes, job(name, how), () => said.push(`counted ${name}`));
  return { said, window, add, release: (name: string) => held.get(name)?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('small jobs', () => {
  it('begin at once; those that come meanwhile are written, synced and placed together', async () => {
    const { said, window, add, release } = workshop();
    await add('a', 10, { holds: 'sync' });
    await turn();
    for (const name of ['b', 'c']) await add(name, 10);
    await turn();
    expect(said).toEqual(['write a', 'sync a']);
    release('a');
    await window.drain();
    expect(said.slice(2)).toEqual([
      ...['place a', 'counted a', 'write b', 'write c', 'sync b', 'sync c', 'place b', 'place c'],
      ...['counted b', 'counted c'],
    ]);
  });

  it('wait where there are 1 MiB of them, or 64; one that is larger comes alone', async () => {
    for (const [count, bytes] of [
      [64, 1],
      [4, 256 * 1024],
      [1, 2 ** 21],
    ] as const) {
      const { said, window, add, release } = workshop();
      await add('first', bytes, { holds: 'sync' });
      for (let n = 1; n < count; n += 1) await add(`${n}`, bytes);
      let isTaken = false;
      const last = add('last', bytes).then(() => (isTaken = true));
      await turn();
      expect(isTaken).toBe(false);
      release('first');
      await last;
      await window.drain();
      expect(said.filter((line) => line.startsWith('counted'))).toHaveLength(count + 1);
    }
  });

  it.each(['write', 'sync', 'place'] as const)(
    'behind one that fails to %s do not count, and the ones before it do; what was written is closed',
    async (fails) => {
      const { said, window, add, release } = workshop();
      await add('a', 1, { holds: 'sync' });
      await turn();
      await add('b', 1);
      await add('c', 1, { fails });
      await add('d', 1);
      release('a');
      await expect(window.drain()).rejects.toThrow('c failed');
      await expect(add('e', 1)).rejects.toThrow('c failed');
      await window.settle();
      expect(said.filter((line) => line.startsWith('counted'))).toEqual(['counted a', 'counted b']);
      expect(said).toContain('sync d');
      expect(said).not.toContain('write e');
    },
  );

  it('that are under way are waited for, failed or not', async () => {
    const { said, window, add, release } = workshop();
    await add('a', 1, { holds: 'place' });
    await turn();
    await add('b', 1);
    const settled = window.settle();
    await turn();
    release('a');
    await settled;
    expect(said.at(-1)).toBe('counted b');
  });
});
