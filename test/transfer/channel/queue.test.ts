import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/transfer/errors.js';
import { Queue } from '../../../src/transfer/channel/queue.js';
import { Quiet } from '../../../src/transfer/channel/quiet.js';

describe('a queue', () => {
  it('gives what came in its order, and then nothing until more comes', () => {
    const queue = new Queue<{ n: number }>();
    expect(queue.take()).toBeUndefined();
    queue.add([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect([queue.take(), queue.take()]).toEqual([{ n: 1 }, { n: 2 }]);
    queue.add([{ n: 4 }]);
    queue.add([]);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([{ n: 3 }, { n: 4 }, undefined]);
    queue.add([{ n: 5 }]);
    expect([queue.take(), queue.take()]).toEqual([{ n: 5 }, undefined]);
  });

  it('takes half a million at once', () => {
    const queue = new Queue<object>();
    queue.add(Array.from({ length: 500_000 }, () => ({})));
    let taken = 0;
    while (queue.take() !== undefined) taken += 1;
    expect(taken).toBe(500_000);
  });
});

describe('a side that says nothing', () => {
  it('may do so for days, every ten seconds', () => {
    let now = 0;
    const quiet = new Quiet(() => now);
    for (; now < 3 * 86_400_000; now += 10_000) quiet.frame();
  });

  it('and a thousand times at once, but not without a pause; what it says in between counts', () => {
    const quiet = new Quiet(() => 5);
    for (let round = 0; round < 3; round += 1) {
      for (let frame = 0; frame < 1_000; frame += 1) quiet.frame();
      quiet.over();
    }
    for (let frame = 0; frame < 1_000; frame += 1) quiet.frame();
    expect(() => quiet.frame()).toThrow(ProtocolError);
  });
});
