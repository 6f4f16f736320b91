import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../src/client/platform.js';
import { Cancellation, type Signal } from '../../src/transfer/cancellation.js';
import { sleep, within } from '../../src/transfer/within.js';

const untilOver = (signal: Signal): Promise<never> =>
  new Promise<void>((resolve) => signal.addEventListener('abort', resolve)).then(() => {
    throw signal.reason;
  });

describe('a cancellation', () => {
  it('is set off once, and tells those who still listen', () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const gone = (): void => void heard.push('gone');
    cancellation.addEventListener('abort', () => heard.push('there'));
    cancellation.addEventListener('abort', gone);
    cancellation.removeEventListener('abort', gone);
    cancellation.abort('first');
    cancellation.abort('second');
    expect([heard, cancellation.aborted, cancellation.reason]).toEqual([['there'], true, 'first']);
  });

  it('follows the signal above it, an AbortSignal too, until it is released', () => {
    const above = new AbortController();
    const [following, released] = [new Cancellation(above.signal), new Cancellation(above.signal)];
    released.release();
    above.abort('over');
    expect([following.reason, released.aborted]).toEqual(['over', false]);
    expect(new Cancellation(above.signal).reason).toBe('over');
    expect(() => following.throwIfAborted()).toThrow('over');
  });
});

describe('work that a signal ends', () => {
  it('ends with the reason of the signal, or with that of the time', async () => {
    const signal = new Cancellation();
    const late = () => new Error('late');
    const working = within(60_000, late, signal, nodePlatform, untilOver);
    const sleeping = sleep(60_000, signal, nodePlatform);
    signal.abort(new Error('stopped'));
    await expect(working).rejects.toThrow('stopped');
    await expect(sleeping).rejects.toThrow('stopped');
    await expect(within(1, late, undefined, nodePlatform, untilOver)).rejects.toThrow('late');
  });
});
