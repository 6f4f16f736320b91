import { expect, it } from 'vitest';
import { feed, Sink } from '../helpers/flow.js';
import { RelayProcess } from '../helpers/process.js';

const SECONDS = 30;
const WINDOW_MS = 10_000;

/** What came, at which time. */
type Arrivals = { readonly at: number; readonly bytes: number }[];

/** So many rooms that are fed as fast as they take it, for half a minute: what each of them got. */
async function run(rooms: number, rate: string): Promise<{ each: number[]; arrivals: Arrivals }> {
  await using relay = await RelayProcess.start([
    ...['--max-rate', rate, '--rate-limit-ip', '0', '--rate-limit-code', '0'],
    ...['--max-connections-per-ip', '0'],
  ]);
  const sinks: Sink[] = [];
  const senders: Sink[] = [];
  const arrivals: Arrivals = [];
  try {
    for (let room = 0; room < rooms; room += 1) {
      const receiver = await Sink.connect(relay.port, { line: `room${room}:receiver:wait\n` });
      receiver.socket.on('data', (chunk: Buffer) => {
        arrivals.push({ at: performance.now(), bytes: chunk.length });
      });
      sinks.push(receiver);
    }
    for (let room = 0; room < rooms; room += 1) {
      const sender = await Sink.connect(relay.port, { line: `room${room}:sender\n` });
      senders.push(sender);
      // Cut off at the end, which rejects.
      feed(sender.socket, 2 ** 40).catch(() => undefined);
    }
    const before = sinks.map(({ count }) => count);
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const each = sinks.map(({ count }, index) => count - before[index]!);
    return { each, arrivals: arrivals.filter(({ at }) => at >= start) };
  } finally {
    for (const sink of [...sinks, ...senders]) sink[Symbol.dispose]();
  }
}

function mostInWindow(arrivals: Arrivals): number {
  let [most, sum, first] = [0, 0, 0];
  for (const { at, bytes } of arrivals) {
    sum += bytes;
    while (at - arrivals[first]!.at > WINDOW_MS) sum -= arrivals[first++]!.bytes;
    most = Math.max(most, sum);
  }
  return most;
}

it.each([
  [1, '10kB', 10_000],
  [10, '10kB', 10_000],
  [1, '10MB', 10_000_000],
  [10, '10MB', 10_000_000],
  [100, '10MB', 10_000_000],
  [1000, '10MB', 10_000_000],
])('%d rooms share %s a second', async (rooms, text, rate) => {
  const { each, arrivals } = await run(rooms, text);
  const total = each.reduce((sum, bytes) => sum + bytes, 0);
  const mean = total / rooms;
  const figures = {
    rooms,
    rate: text,
    used: total / (rate * SECONDS),
    mostInTenSeconds: mostInWindow(arrivals) / (rate * (WINDOW_MS / 1000)),
    leastShare: Math.min(...each) / mean,
    greatestShare: Math.max(...each) / mean,
  };
  console.log(
    JSON.stringify(figures, (_, value: unknown) => (typeof value === 'number' ? +value.toFixed(4) : value)),
  );
  expect(figures.used).toBeGreaterThan(0.95);
  expect(figures.mostInTenSeconds).toBeLessThan(1.05);
  expect(figures.leastShare).toBeGreaterThan(0.95);
  expect(figures.greatestShare).toBeLessThan(1.05);
});
