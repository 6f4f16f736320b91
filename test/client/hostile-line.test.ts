import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endOf, finals } from '../helpers/hostile.js';
import { type ProxyOptions, startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { plant, scratch, startReceiving, startSending } from '../helpers/transfer.js';
import { editFrames, flipped, type FrameEdit, type FramePlace } from '../helpers/wire.js';

const CODE = '7303-olive-basic';
const BIG = randomBytes(1_500_000);
const FILES = { 'd/a': 'first', 'd/big': BIG, 'd/z': 'last' };
/** A frame of one empty message: the end, or the receiver's `verified` before it. */
const BARE_FRAME_BYTES = 25;
const NOTICE = Buffer.from('DISCONNECT lost\n');

interface Ends {
  readonly sender: string;
  readonly receiver: string;
  readonly connections: number;
}

/**
 * One transfer over such a line at the sender. What always holds is checked here: no wrong and no incomplete file has
 * its final name, and neither side says that it is done unless everything is there.
 * @param until sides whose end is waited for; then the other is stopped
 */
async function over(
  options: ProxyOptions,
  until: readonly ('sender' | 'receiver')[] = ['sender', 'receiver'],
): Promise<Ends> {
  await using relay = await startRelay();
  await using proxy = await startProxy(relay.port, options);
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, FILES);
  const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
  const sending = startSending(proxy.port, { source, code: CODE, giveUpAfterMs: 1_500 });
  await sending.until('waiting');
  const receiving = startReceiving(relay.port, CODE, to.path, { giveUpAfterMs: 1_500 });
  // Where one side has failed, the other would wait for it to come back.
  await Promise.allSettled(until.map((side) => ({ sender: sending, receiver: receiving })[side].done));
  for (const side of [sending, receiving]) side.abort(new Error('left alone'));
  const [sender, receiver] = [await endOf(sending), await endOf(receiving)];
  const arrived = await finals(to.path);
  for (const [path, content] of arrived) {
    expect(content.equals(Buffer.from(FILES[path as keyof typeof FILES])), path).toBe(true);
  }
  if (sender === 'done' || receiver === 'done') expect(arrived.size).toBe(3);
  return { sender, receiver, connections: proxy.count() };
}

/** Changes the first connection only: what it comes to is an error, or a cut that is mended by the second. */
const once = (edit: FrameEdit): ProxyOptions => ({
  change: editFrames((frame, place) => (place.connection === 1 ? edit(frame, place) : [frame])),
});

const is = (place: FramePlace, direction: 'up' | 'down', index: number): boolean =>
  place.direction === direction && place.index === index;

const flipAt = (direction: 'up' | 'down', index: number, at: number, bit = 0): ProxyOptions =>
  once((frame, place) => [is(place, direction, index) ? flipped(frame, at, bit) : frame]);

describe.concurrent('a bit that is flipped', () => {
  it.each([
    ['the hello: its session', 'up', 0, 8, 'wrong-code'],
    ['the confirmation: its tag', 'up', 1, -1, 'wrong-code'],
    ['the length of the offer', 'up', 2, 0, 'protocol'],
    ['the offer: its first byte', 'up', 2, 4, 'authentication'],
    ['the offer: its tag', 'up', 2, -1, 'authentication'],
    ['the length of data', 'up', 3, 0, 'protocol'],
    ['data: its first byte', 'up', 3, 4, 'authentication'],
    ['data in the middle', 'up', 4, 70_000, 'authentication'],
    ['data: its tag', 'up', 5, -16, 'authentication'],
  ] as const)('in %s stops the receiver', async (_what, direction, index, at, expected) => {
    const ends = await over(flipAt(direction, index, at, 2), ['receiver']);
    expect(ends.receiver).toMatch(new RegExp(`^(?:${expected})$`));
    expect(ends.sender).not.toBe('done');
  });

  it.each([
    ['the accepted offer', 1, 40, 'authentication'],
    ['the accepted offer: its tag', 1, -1, 'authentication'],
    ['what was received', 2, 6, 'authentication'],
    ['the length of what was received', 3, 0, 'protocol'],
  ] as const)('in %s stops the sender', async (_what, index, at, expected) => {
    const ends = await over(flipAt('down', index, at, 5), ['sender']);
    expect(ends.sender).toBe(expected);
  });

  it.each([
    ['the length of the hello', 'up', 0, 0],
    ['the hello: its version', 'up', 0, 4],
    ['the hello: its type', 'up', 0, 5],
    ['the confirmation: its head', 'up', 1, 5],
    ['the length of the answer', 'down', 0, 0],
    ['the answer: its type', 'down', 0, 5],
  ] as const)('in %s, before anybody is confirmed, costs that line only', async (_what, way, index, at) => {
    const ends = await over(flipAt(way, index, at, 2));
    expect(ends).toMatchObject({ sender: 'done', receiver: 'done' });
    expect(ends.connections).toBeGreaterThan(1);
  });

  it.each([
    ['the hello: its element', 'up', -1],
    ['the answer: its version', 'down', 4],
  ] as const)('in %s costs that line, or looks like a wrong word', async (_what, way, at) => {
    const { sender, receiver } = await over(flipAt(way, 0, at, 2), ['receiver']);
    expect(receiver).toMatch(/^(?:done|wrong-code)$/);
    // It is there for the next one.
    expect(sender).toBe(receiver === 'done' ? 'done' : 'left alone');
  });

  it('in the tag of the answer costs a try: the receiver is told, and the sender waits for the next one', async () => {
    const ends = await over(flipAt('down', 0, -1), ['receiver']);
    expect(ends).toMatchObject({ sender: 'left alone', receiver: 'wrong-code' });
  });

  it('in the word that all is verified: the sender does not take it', async () => {
    let seen = 0;
    const ends = await over(
      once((frame, { direction }) => {
        const isIt = direction === 'down' && frame.length === BARE_FRAME_BYTES && (seen += 1) === 1;
        return [isIt ? flipped(frame, -1) : frame];
      }),
      ['sender'],
    );
    expect(ends.sender).toBe('authentication');
  });

  it("in the sender's end: all is there by then", async () => {
    const ends = await over(
      once((frame, { direction }) => [
        direction === 'up' && frame.length === BARE_FRAME_BYTES ? flipped(frame, -1) : frame,
      ]),
    );
    expect(ends.sender).toBe('done');
    expect(ends.receiver).toBe('done');
  });
});

describe.concurrent('frames', () => {
  it.each([2, 3, 5])('number %i, replayed, stops the receiver', async (index) => {
    const { sender, receiver } = await over(
      once((frame, place) => (is(place, 'up', index) ? [frame, frame] : [frame])),
      ['receiver'],
    );
    expect(receiver).toBe('authentication');
    expect(sender).not.toBe('done');
  });

  it.each([3, 4])('number %i, left out, stops the receiver', async (index) => {
    const { sender, receiver } = await over(
      once((frame, place) => (is(place, 'up', index) ? [] : [frame])),
      ['receiver'],
    );
    expect(receiver).toBe('authentication');
    expect(sender).not.toBe('done');
  });

  it('that change places stop the receiver', async () => {
    let held: Buffer | undefined;
    const { sender, receiver } = await over(
      once((frame, place) => {
        if (!is(place, 'up', 3) && !is(place, 'up', 4)) return [frame];
        if (held !== undefined) return [frame, held];
        held = frame;
        return [];
      }),
      ['receiver'],
    );
    expect(receiver).toBe('authentication');
    expect(sender).not.toBe('done');
  });

  it.each(['up', 'down'] as const)(
    'that go %s, sent back to where they came from, are refused',
    async (way) => {
      const victim = way === 'up' ? 'sender' : 'receiver';
      const other = way === 'up' ? 'down' : 'up';
      const kept: Buffer[] = [];
      const ends = await over(
        once((frame, place) => {
          if (place.connection === 1 && place.direction === way) kept.push(frame);
          return [is(place, other, other === 'up' ? 4 : 2) ? kept[1]! : frame];
        }),
        [victim],
      );
      expect(ends[victim]).toBe('authentication');
    },
  );
});

describe.concurrent('a line that stops', () => {
  it.each([
    ['up', 0],
    ['up', 2],
    ['up', 4],
    ['down', 0],
    ['down', 2],
  ] as const)(
    'with a FIN at a frame that goes %s, number %i, is a cut and comes back',
    async (way, index) => {
      const ends = await over(
        once((frame, place) => {
          if (is(place, way, index)) place.end();
          return [frame];
        }),
      );
      expect(ends).toMatchObject({ sender: 'done', receiver: 'done' });
      expect(ends.connections).toBeGreaterThan(1);
    },
  );

  it.each([0, 1, 30_000])(
    'with a notice %i bytes into a frame is a cut or an error, never an end',
    async (at) => {
      const ends = await over(
        once((frame, place) =>
          is(place, 'up', 4) ? [frame.subarray(0, at), NOTICE, frame.subarray(at)] : [frame],
        ),
        at === 0 ? ['sender', 'receiver'] : ['receiver'],
      );
      // Between two frames anybody on the way may say it; inside of one it is neither.
      if (at === 0) expect(ends).toMatchObject({ sender: 'done', receiver: 'done' });
      else expect(ends.receiver).toBe(at === 1 ? 'protocol' : 'authentication');
      if (at > 0) expect(ends.sender).not.toBe('done');
    },
  );

  it('is only late: nobody minds', async () => {
    const ends = await over({ toxics: [{ kind: 'latency', ms: 60 }] });
    expect(ends).toEqual({ sender: 'done', receiver: 'done', connections: 1 });
  });
});
