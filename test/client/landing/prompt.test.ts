import { describe, expect, it } from 'vitest';
import { Prompt } from '../../../src/client/landing/prompt.js';

/** A file system that takes so long, and what it was asked: here, or by way of another thread. */
function asking() {
  let now = 0;
  const asked: ('now' | 'later')[] = [];
  const disk = new Prompt(() => now);
  return {
    asked,
    ask: (takesMs: number) =>
      disk.ask(
        () => {
          now += takesMs;
          asked.push('now');
          return 'answer';
        },
        () => {
          asked.push('later');
          return Promise.resolve('answer');
        },
      ),
  };
}

describe('a file system', () => {
  it('is asked here while it answers at once', () => {
    const { asked, ask } = asking();
    for (let n = 0; n < 1_000; n += 1) expect(ask(0.1)).toBe('answer');
    expect(new Set(asked)).toEqual(new Set(['now']));
  });

  it('that lets wait is asked by way of other threads, and here again after a while', async () => {
    const { asked, ask } = asking();
    expect(ask(6)).toBe('answer');
    const answers = Array.from({ length: 256 }, () => ask(6));
    expect(answers.every((answer) => answer instanceof Promise)).toBe(true);
    expect(await Promise.all(answers.map(async (answer) => await answer))).toEqual(Array(256).fill('answer'));
    for (let n = 0; n < 2; n += 1) expect(ask(0.1)).toBe('answer');
    expect(asked).toEqual(['now', ...Array<string>(256).fill('later'), 'now', 'now']);
  });

  it('that fails slowly is no better', () => {
    let now = 0;
    const disk = new Prompt(() => now);
    const fail = (): never => {
      now += 10;
      throw new Error('gone');
    };
    expect(() => disk.ask(fail, () => Promise.resolve())).toThrow('gone');
    expect(disk.ask(fail, () => Promise.resolve())).toBeInstanceOf(Promise);
  });
});
