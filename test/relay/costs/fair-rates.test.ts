import { describe, expect, it } from 'vitest';
import { FairRates, type Share } from '../../../src/relay/costs/fair-rates.js';
import { SimulatedTime } from '../../helpers/simulated-time.js';

/** What passed, and when. */
interface Passed {
  readonly at: number;
  readonly bytes: number;
}

class World {
  readonly time = new SimulatedTime();
  readonly rates: FairRates;
  readonly passed: Passed[] = [];

  constructor(rates: { maxBytesPerSecond?: number; maxBytesPerSecondPerRoom?: number }) {
    this.rates = new FairRates({
      maxBytesPerSecond: 0,
      maxBytesPerSecondPerRoom: 0,
      ...rates,
      now: this.time.now,
      setTimer: this.time.setTimer,
    });
  }

  /** A flow that always has more, and comes back for it at once; or has `bytes` only. */
  flow(share = this.rates.open(), { bytes = Infinity, chunk = Infinity } = {}): Flow {
    const flow = new Flow(this, share, bytes, chunk);
    share.wait(flow);
    return flow;
  }
}

class Flow {
  readonly passed: Passed[] = [];
  readonly share: Share;
  readonly #world: World;
  readonly #chunk: number;
  #left: number;

  constructor(world: World, share: Share, left: number, chunk: number) {
    this.#world = world;
    this.share = share;
    this.#left = left;
    this.#chunk = chunk;
  }

  get bytes(): number {
    return sumOf(this.passed);
  }

  take(most: number): number {
    const bytes = Math.min(most, this.#left, this.#chunk);
    this.#left -= bytes;
    const passed = { at: this.#world.time.now(), bytes };
    this.passed.push(passed);
    this.#world.passed.push(passed);
    if (this.#left > 0) this.share.wait(this);
    return bytes;
  }
}

function sumOf(passed: readonly Passed[]): number {
  return passed.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The most that passed in any so many milliseconds. */
function mostWithin(passed: readonly Passed[], ms: number): number {
  let [most, sum, first] = [0, 0, 0];
  for (const { at, bytes } of passed) {
    sum += bytes;
    while (at - passed[first]!.at > ms) sum -= passed[first++]!.bytes;
    most = Math.max(most, sum);
  }
  return most;
}

const RATES = [1_000, 10_000, 1_000_000, 250_000_000];

describe.each(RATES)('all rooms at %d bytes a second', (rate) => {
  it.each([1, 2, 10, 1_000])('is used, never exceeded and shared among %d rooms', (count) => {
    const world = new World({ maxBytesPerSecond: rate });
    const flows = Array.from({ length: count }, () => world.flow());
    const seconds = rate > 1e8 ? 12 : 30;
    world.time.pass(seconds * 1000);
    expect(sumOf(world.passed)).toBeGreaterThan(0.98 * rate * seconds);
    expect(mostWithin(world.passed, 10_000)).toBeLessThanOrEqual(1.025 * 10 * rate);
    // Fair to within two turns.
    const turn = Math.max(16, Math.min(65_536, rate / 100));
    const each = flows.map(({ bytes }) => bytes);
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(2 * turn);
  });

  it('is kept and used where timers fire late', () => {
    const world = new World({ maxBytesPerSecond: rate });
    for (let room = 0; room < 10; room += 1) world.flow();
    let seed = 1;
    const late = (): number => (seed = (seed * 48_271) % 2_147_483_647) % 200;
    world.time.pass(30_000, late);
    expect(sumOf(world.passed)).toBeGreaterThan(0.95 * rate * 30);
    expect(mostWithin(world.passed, 10_000)).toBeLessThanOrEqual(1.05 * 10 * rate);
  });
});

it('is smooth: a tenth of a second passes a tenth of the rate', () => {
  const world = new World({ maxBytesPerSecond: 1_000_000 });
  world.flow();
  world.time.pass(5_000);
  for (let at = 0; at < 5_000; at += 100) {
    const bytes = sumOf(world.passed.filter((one) => one.at >= at && one.at < at + 100));
    expect(bytes).toBeGreaterThanOrEqual(90_000);
    expect(bytes).toBeLessThanOrEqual(120_000);
  }
});

it('gives each of a thousand rooms a turn twice a second', () => {
  const world = new World({ maxBytesPerSecond: 10_000_000 });
  const flows = Array.from({ length: 1000 }, () => world.flow());
  world.time.pass(5_000);
  for (const { passed } of flows) {
    const gaps = passed.slice(1).map(({ at }, index) => at - passed[index]!.at);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(520);
  }
});

it('keeps little of what nobody took: a burst after a long rest is a quarter of a second', () => {
  const world = new World({ maxBytesPerSecond: 100_000 });
  world.flow(world.rates.open(), { bytes: 10 });
  world.time.pass(3_600_000);
  world.flow();
  world.time.pass(1);
  expect(mostWithin(world.passed, 10)).toBeLessThanOrEqual(26_000);
});

it('gives a room with many flows one share', () => {
  const world = new World({ maxBytesPerSecond: 100_000 });
  const busy = world.rates.open();
  const flows = Array.from({ length: 5 }, () => world.flow(busy));
  const other = world.flow();
  world.time.pass(20_000);
  const each = flows.map(({ bytes }) => bytes);
  expect(Math.abs(each.reduce((sum, bytes) => sum + bytes) - other.bytes)).toBeLessThanOrEqual(2_000);
  // And within the room each has its turn.
  expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1_000);
});

it('gives what a slow room leaves to the others', () => {
  const world = new World({ maxBytesPerSecond: 100_000 });
  const slow = world.flow(world.rates.open(), { chunk: 1 });
  const fast = world.flow();
  world.time.pass(10_000);
  expect(slow.bytes).toBeGreaterThan(900);
  expect(slow.bytes + fast.bytes).toBeGreaterThan(0.98 * 1_000_000);
});

it('starves nobody where others come and go', () => {
  const world = new World({ maxBytesPerSecond: 10_000 });
  const steady = world.flow();
  for (let second = 0; second < 20; second += 1) {
    for (let i = 0; i < 50; i += 1) world.flow(world.rates.open(), { bytes: 100 });
    world.time.pass(1_000);
  }
  expect(steady.bytes).toBeGreaterThan(20 * 100);
  const gaps = steady.passed.slice(1).map(({ at }, index) => at - steady.passed[index]!.at);
  // Each of the others has one turn in between, of 10 ms.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(51 * 10 + 1);
});

it('goes on without one that leaves while it waits', () => {
  const world = new World({ maxBytesPerSecond: 10_000 });
  const [leaving, staying] = [world.flow(), world.flow()];
  world.time.pass(1_000);
  leaving.share.leave(leaving);
  expect(leaving.share.isWaiting).toBe(false);
  const before = { leaving: leaving.bytes, staying: staying.bytes };
  world.time.pass(1_000);
  expect(leaving.bytes).toBe(before.leaving);
  expect(staying.bytes - before.staying).toBeGreaterThan(9_800);
  staying.share.leave(staying);
  expect(world.time.pending).toBe(0);
});

describe('each room at a rate', () => {
  it.each(RATES)('of %d bytes a second, is held to it whatever the others do', (rate) => {
    const world = new World({ maxBytesPerSecondPerRoom: rate });
    const flows = Array.from({ length: 7 }, () => world.flow());
    const both = world.rates.open();
    const pair = [world.flow(both), world.flow(both)];
    world.time.pass(12_000);
    for (const flow of flows) {
      expect(flow.bytes).toBeGreaterThan(0.98 * rate * 12);
      expect(mostWithin(flow.passed, 10_000)).toBeLessThanOrEqual(1.025 * 10 * rate);
    }
    const bytes = pair.reduce((sum, flow) => sum + flow.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(1.025 * rate * 12);
    expect(bytes).toBeGreaterThan(0.98 * rate * 12);
  });

  it('stays below that of all rooms too', () => {
    const world = new World({ maxBytesPerSecond: 50_000, maxBytesPerSecondPerRoom: 20_000 });
    const alone = world.flow();
    world.time.pass(10_000);
    expect(alone.bytes).toBeLessThanOrEqual(1.05 * 200_000);
    const flows = [alone, ...Array.from({ length: 9 }, () => world.flow())];
    const before = alone.bytes;
    world.time.pass(10_000);
    expect(alone.bytes - before).toBeGreaterThan(0.9 * 50_000);
    expect(alone.bytes - before).toBeLessThan(1.2 * 50_000);
    expect(mostWithin(world.passed, 10_000)).toBeLessThanOrEqual(1.05 * 500_000);
    for (const flow of flows) flow.share.leave(flow);
    expect(world.time.pending).toBe(0);
  });

  it('leaves no timer behind of one that leaves while its rate lets nothing pass', () => {
    const world = new World({ maxBytesPerSecondPerRoom: 10_000 });
    const flow = world.flow();
    world.time.pass(501);
    expect(world.time.pending).toBe(1);
    flow.share.leave(flow);
    expect(world.time.pending).toBe(0);
  });
});
