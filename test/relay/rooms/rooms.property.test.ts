import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rooms } from '../../../src/relay/rooms/rooms.js';
import { type Answer, RoomsModel } from './model.js';

const ABANDON_AFTER_MS = 50;
const RETRY_WINDOW_MS = 30;
const NAMES = ['one', 'two', 'three'];

// The first of each is the most common: most steps should get somewhere, and some should not.
const name = fc.constantFrom('one', 'one', 'one', 'two', 'two', 'three');
const key = fc.constantFrom(...Array<'usual'>(8).fill('usual'), 'wrong', undefined);
const joining = { room: name, key, retry: fc.boolean() };
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('send' as const),
      ...joining,
      receivers: fc.constantFrom(1, 1, 1, 2, 3, 16),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ does: fc.constant('receive' as const), ...joining, wait: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('meet' as const), ...joining }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('leave' as const), who: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 10, 29, 30, 31, 49, 50, 51),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('move' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('close' as const), room: name }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('expire' as const), limit: fc.integer({ min: 1, max: 3 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Run {
  real: Rooms<number>;
  readonly model: RoomsModel;
  /** What most of them show: a key, or none. */
  readonly usualKey: string | undefined;
  /** Handles that were ever given out: of members, of the refused, and of those who are gone. */
  handles: number;
  /** What was answered, so that a run that gets nowhere is noticed. */
  readonly seen: Map<string, number>;
}

it('does what a plain list of rooms and people would do', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.constantFrom('k', undefined),
      fc.array(step, { maxLength: 60, size: 'max' }),
      (usualKey, steps) => {
        const model = new RoomsModel(ABANDON_AFTER_MS, RETRY_WINDOW_MS);
        const run: Run = {
          model,
          usualKey,
          real: registry(model),
          handles: 0,
          seen,
        };
        for (const each of steps) {
          take(run, each);
          compare(run);
        }
      },
    ),
    { numRuns: 3000 },
  );
  // Every answer there is came up, and often: the runs went everywhere.
  const answers = ['waiting', 'paired', 'no-room', 'wrong-key', 'code-in-use', 'room-full'];
  const evictions = ['lost', 'evicted: room-full', 'room-expired', 'room-closed', 'held'];
  for (const answer of [...answers, ...evictions]) expect(seen.get(answer), answer).toBeGreaterThan(100);
});

function registry(model: RoomsModel): Rooms<number> {
  const options = { abandonAfterMs: ABANDON_AFTER_MS, retryWindowMs: RETRY_WINDOW_MS };
  return new Rooms({ ...options, now: () => model.now });
}

function take(run: Run, each: Step): void {
  const { real, model, usualKey } = run;
  switch (each.does) {
    case 'send': {
      const handle = (run.handles += 1);
      const key = each.key === 'usual' ? usualKey : each.key;
      const answer = real.join(each.room, handle, { ...each, key, role: 'sender', wait: false });
      return agree(run, answer, model.send({ ...each, key, handle }, each.receivers));
    }
    case 'receive': {
      const handle = (run.handles += 1);
      const key = each.key === 'usual' ? usualKey : each.key;
      const answer = real.join(each.room, handle, { ...each, key, role: 'receiver', receivers: 1 });
      return agree(run, answer, model.receive({ ...each, key, handle }, each.wait));
    }
    case 'meet': {
      const handle = (run.handles += 1);
      const key = each.key === 'usual' ? usualKey : each.key;
      const wish = { ...each, key, role: 'either', wait: false, receivers: 1 } as const;
      return agree(run, real.join(each.room, handle, wish), model.meet({ ...each, key, handle }));
    }
    case 'leave': {
      const handle = each.who % (run.handles + 2);
      real.unregister(handle);
      return model.leave(handle);
    }
    case 'pass':
      model.now += each.ms;
      return;
    case 'expire':
      return expire(run, each.limit);
    case 'close': {
      const evicted = model.close(each.room);
      note(run.seen, evicted[0]?.why);
      return expect(sorted(real.close(each.room))).toEqual(sorted(evicted));
    }
    case 'move':
      // To another registry, as in an upgrade: whatever comes next, nobody can tell.
      run.real = registry(model);
      for (const room of real.all()) run.real.restore(room);
      return;
  }
}

/** In batches, until there are no more: each of them full, but the last. */
function expire({ real, model, seen }: Run, limit: number): void {
  let due = model.due().length;
  const evicted = model.expire();
  const batches: unknown[] = [];
  let before = size(real);
  for (let more = true; more;) {
    const batch = real.expire(limit);
    more = batch.more;
    batches.push(...batch.evicted);
    const after = size(real);
    expect(before - after).toBe(Math.min(limit, due));
    due -= before - after;
    before = after;
    expect(more).toBe(due > 0);
  }
  note(seen, evicted.length > 0 ? 'room-expired' : undefined);
  expect(sorted(batches)).toEqual(sorted(evicted));
}

function agree({ seen }: Run, real: Answer | ReturnType<Rooms<number>['join']>, model: Answer): void {
  note(seen, model.kind === 'refused' ? model.why : model.kind);
  for (const { why } of model.evicted) note(seen, why === 'room-full' ? `evicted: ${why}` : why);
  const told = JSON.stringify(Object.entries({ ...real, evicted: sorted(real.evicted) }).sort());
  expect(told).toBe(JSON.stringify(Object.entries({ ...model, evicted: sorted(model.evicted) }).sort()));
}

/** Whatever happened, both tell the same of every room, and nobody is in two of them or in one that is gone. */
function compare({ real, model, seen }: Run): void {
  note(seen, model.count('held') > 0 ? 'held' : undefined);
  const { waiting, paired, held } = real.counts();
  const told = NAMES.map((room) => [real.isLive(room), real.sender(room) ?? null, real.receivers(room)]);
  const expected = NAMES.map((room) => [
    model.isLive(room),
    model.senderOf(room) ?? null,
    model.receiversOf(room),
  ]);
  // As text: comparing text is most of this test's speed.
  expect(JSON.stringify([waiting, paired, held, told])).toBe(
    JSON.stringify([model.count('waiting'), model.count('paired'), model.count('held'), expected]),
  );
  const everybody = NAMES.flatMap((room) => [real.sender(room) ?? [], real.receivers(room)].flat());
  const gone = NAMES.filter((room) => !model.places.some((place) => place.name === room));
  const left = gone.some((room) => real.sender(room) !== undefined || real.receivers(room).length > 0);
  if (left || new Set(everybody).size < everybody.length) expect.fail(`members: ${JSON.stringify(told)}`);
}

function size(rooms: Rooms<number>): number {
  return Object.values(rooms.counts()).reduce((sum, count) => sum + count);
}

function sorted(evicted: readonly unknown[]): string[] {
  return evicted.map((each) => JSON.stringify(each)).sort();
}

function note(seen: Map<string, number>, what: string | undefined): void {
  if (what !== undefined) seen.set(what, (seen.get(what) ?? 0) + 1);
}
