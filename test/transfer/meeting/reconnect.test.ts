import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransferError } from '../../../src/transfer/transfer-error.js';
import type { ToldRefusal } from '../../../src/protocol/parse-reply.js';
import { type Refusal, sentence } from '../../../src/protocol/replies.js';
import { LineCut, RelayRefused } from '../../../src/transfer/line-errors.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { nodePlatform } from '../../../src/client/platform.js';
import { TIMING } from '../../../src/transfer/timing.js';
import type { Signal } from '../../../src/transfer/cancellation.js';
import type { Line } from '../../../src/transfer/line.js';
import type { PrivateRoom } from '../../../src/transfer/keys/private-room.js';
import { reconnecting, type ReconnectOptions, type Way } from '../../../src/transfer/meeting/reconnect.js';
import type { Session } from '../../../src/transfer/channel/session.js';

/** What came of each try, in milliseconds since the start: where it went. */
type Log = [number, string][];

const roomOf = (name: string): PrivateRoom => ({ room: name, key: 'key', password: 'password' });

class FakeSession {
  isAbandoned = false;
  readonly privateRoom: PrivateRoom;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.privateRoom = roomOf(`after ${name}`);
  }

  abandon(): void {
    this.isAbandoned = true;
  }
}

/** Until the signal ends it. */
async function never(signal: Signal): Promise<never> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', resolve));
  throw signal.reason;
}

const later = <Value>(ms: number, value: Value): Promise<Value> =>
  new Promise((resolve) => setTimeout(() => resolve(value), ms));

/** A way on which each try comes to what stands in the list, the last one again and again: a session, an error, or nobody. */
function way(name: string, log: Log, tries: readonly (FakeSession | Error | 'nobody')[], takesMs = 0): Way {
  let count = 0;
  return {
    async dial(signal) {
      log.push([performance.now(), name]);
      const next = tries[Math.min(count, tries.length - 1)];
      count += 1;
      if (next === 'nobody') return await never(signal);
      await later(takesMs, undefined);
      if (next instanceof Error) throw next;
      return { next, abandon: () => undefined } as unknown as Line;
    },
    agree: (line) => Promise.resolve((line as unknown as { next: Session }).next),
    judge: () => 'judge',
  };
}

interface Run {
  readonly log: Log;
  readonly events: TransferEvent[];
  readonly sessions: string[];
  readonly end: Promise<unknown>;
}

/** Runs sessions that are cut, but for the last. */
function run(
  options: Partial<ReconnectOptions> & Pick<ReconnectOptions, 'door'>,
  log: Log,
  cuts: number,
): Run {
  const events: TransferEvent[] = [];
  const sessions: string[] = [];
  const end = reconnecting({
    giveUpAfterMs: () => 60_000,
    signal: new AbortController().signal,
    report: (event) => events.push(event),
    peer: 1,
    countsWaiting: true,
    doorAfterMs: 1_000,
    privately: undefined,
    context: { platform: nodePlatform, timing: TIMING },
    run(session) {
      sessions.push((session as unknown as FakeSession).name);
      return sessions.length <= cuts ? Promise.reject(new LineCut('cut')) : Promise.resolve(undefined);
    },
    ...options,
  }).then(
    () => 'done',
    (error: unknown) => error,
  );
  return { log, events, sessions, end };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 0 }));
afterEach(() => void vi.useRealTimers());

const session = (name: string): FakeSession => new FakeSession(name);

const told = (refusal: Refusal): ToldRefusal => ({ ...refusal, sentence: sentence(refusal) });

it('a relay that asks for a wait without end is asked again after an hour', async () => {
  const log: Log = [];
  const refusal = new RelayRefused(
    told({ token: 'rate-limited', scope: 'IP', retryAfterSeconds: 99_999_999_999 }),
    'sender',
  );
  const door = way('door', log, [session('first'), refusal, session('second')]);
  const { end } = run({ door, giveUpAfterMs: () => 100_000_000 }, log, 1);
  await vi.advanceTimersByTimeAsync(10_000_000);
  expect(await end).toBe('done');
  expect(log.map(([at]) => Math.round((at - log[0]![0]) / 3_600_000))).toEqual([0, 0, 1]);
});

describe('after a cut', () => {
  it('the private room is gone to first, and the door not at all where the two meet there', async () => {
    const log: Log = [];
    const door = way('door', log, [session('first')]);
    const privately = () => way('private', log, [session('second')], 500);
    const { sessions, end } = run({ door, privately }, log, 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await end).toBe('done');
    expect(sessions).toEqual(['first', 'second']);
    expect(log.map(([, name]) => name)).toEqual(['door', 'private']);
  });

  it('the door is gone to beside it after a while, for a tool that was started again', async () => {
    const log: Log = [];
    const door = way('door', log, [session('first'), session('again')]);
    const { sessions, end } = run({ door, privately: () => way('private', log, ['nobody']) }, log, 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await end).toBe('done');
    expect(sessions).toEqual(['first', 'again']);
    expect(log.map(([at, name]) => [Math.round(at - log[0]![0]), name])).toEqual([
      [0, 'door'],
      [250, 'private'],
      [1_000, 'door'],
    ]);
  });

  it('each session at the door makes the next private room, and one in private keeps it', async () => {
    const log: Log = [];
    const rooms: string[] = [];
    const door = way('door', log, [session('first'), session('again'), 'nobody']);
    const { end } = run(
      {
        door,
        privately(room) {
          rooms.push(room.room);
          return way('private', log, room.room === 'after first' ? ['nobody'] : [session('private')]);
        },
      },
      log,
      4,
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await end).toBe('done');
    expect(rooms).toEqual(['after first', 'after again', 'after again', 'after again']);
  });

  it('of two sessions at once one goes on, and the other is dropped', async () => {
    const log: Log = [];
    const [inPrivate, atDoor] = [session('private'), session('door')];
    const door = way('door', log, [session('first'), atDoor], 0);
    // Both are there in the same moment.
    const privately = () => way('private', log, [inPrivate], 750);
    const { sessions, end } = run({ door, privately, doorAfterMs: 1_000 }, log, 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await end).toBe('done');
    expect(sessions).toHaveLength(2);
    const [used, other] = sessions[1] === 'private' ? [inPrivate, atDoor] : [atDoor, inPrivate];
    expect([used.isAbandoned, other.isAbandoned]).toEqual([false, true]);
  });

  it('a door that is closed ends nothing, and says why where the other side does not come back', async () => {
    const log: Log = [];
    const closed = new TransferError('in-the-way', 'Somebody gets in the way.');
    let isFirst = true;
    const door: Way = {
      ...way('door', log, [session('first'), new LineCut('x')]),
      judge(error) {
        if (!isFirst && (error as Error).message === 'x') throw closed;
        isFirst = false;
        return 'judge';
      },
    };
    const left: string[] = [];
    const { end } = run(
      {
        door,
        countsWaiting: false,
        privately: () => way('private', log, [new LineCut('y')]),
        leave: ({ room }) => Promise.resolve(void left.push(room)),
      },
      log,
      1,
    );
    isFirst = false;
    await vi.advanceTimersByTimeAsync(59_000);
    expect(log.filter(([, name]) => name === 'door')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await end).toBe(closed);
    expect(left).toEqual(['after first']);
  });

  it('a place at the door that is taken is not asked for ten times in five minutes', async () => {
    const log: Log = [];
    const inUse = new RelayRefused(told({ token: 'code-in-use' }), 'sender');
    const door = way('door', log, [session('first'), inUse]);
    const { end } = run(
      { door, giveUpAfterMs: () => 300_000, privately: () => way('private', log, ['nobody']) },
      log,
      1,
    );
    await vi.advanceTimersByTimeAsync(301_000);
    expect(await end).toBeInstanceOf(TransferError);
    expect(log.filter(([, name]) => name === 'door').length).toBeLessThan(8);
  });
});

it('a first sender whose place is taken asks less than ten times before it says so', async () => {
  const log: Log = [];
  const inUse = new RelayRefused(told({ token: 'code-in-use' }), 'sender');
  const { end } = run({ door: way('door', log, [inUse]), countsWaiting: false }, log, 0);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await end).toBe(inUse);
  expect(log.length).toBeLessThan(10);
});
