import { describe, expect, it } from 'vitest';
import { READS_A_TURN, ReadTurns } from '../../../../src/relay/wire/bulk/read-turns.js';
import { feed, Sink } from '../../../helpers/flow.js';
import { startRelay } from '../../../helpers/relay.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('ReadTurns', () => {
  it('lets so many full reads be done in a turn of the event loop, and as many more in the next', async () => {
    const turns = new ReadTurns();
    for (let round = 0; round < 3; round += 1) {
      for (let read = 0; read < READS_A_TURN; read += 1) {
        expect(turns.isSpent).toBe(false);
        turns.spend();
      }
      expect(turns.isSpent).toBe(true);
      await turn();
    }
  });

  it('calls who waits in the order in which they came, so many a turn, each once', async () => {
    const turns = new ReadTurns();
    const called: number[] = [];
    for (let n = 0; n < 5; n += 1) turns.wait({ onTurn: () => called.push(n) });
    const counts: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await turn();
      counts.push(called.length);
    }
    expect(counts).toEqual([READS_A_TURN, 2 * READS_A_TURN, 5, 5]);
    expect(called).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not call one that left, and one that waits twice is called once', async () => {
    const turns = new ReadTurns();
    const called: string[] = [];
    const [stays, leaves] = ['stays', 'leaves'].map((name) => ({ onTurn: () => called.push(name) }));
    for (const taker of [stays!, leaves!, stays!]) turns.wait(taker);
    turns.leave(leaves!);
    await turn();
    await turn();
    expect(called).toEqual(['stays']);
  });

  it('makes the turn after a newcomer a short one', async () => {
    const turns = new ReadTurns();
    const called: number[] = [];
    for (let n = 0; n < 10; n += 1) turns.wait({ onTurn: () => called.push(n) });
    turns.hurry();
    await turn();
    expect(called).toHaveLength(1);
    await turn();
    expect(called).toHaveLength(1 + READS_A_TURN);
  });
});

// All of it is in one process: how often the load writes is part of how often the relay reads.
it('transfers that start together move together: no one waits for the others to finish', async () => {
  await using relay = await startRelay();
  const bytes = 8 * 1024 * 1024;
  const sinks: Sink[] = [];
  const feeds: Promise<void>[] = [];
  for (let pair = 0; pair < 20; pair += 1) {
    const receiver = await Sink.connect(relay.port, { line: `turn-${pair}:receiver:raw:wait\n` });
    const sender = await Sink.connect(relay.port, { line: `turn-${pair}:sender:raw\n` });
    sinks.push(receiver);
    feeds.push(feed(sender.socket, bytes).then(() => void sender.socket.end()));
  }
  let least = 0;
  for (const sink of sinks)
    sink.socket.on('end', () => (least ||= Math.min(...sinks.map(({ count }) => count))));
  await Promise.all([...feeds, ...sinks.map((sink) => sink.untilEnd())]);
  // When the first one was done, every other one was well under way.
  expect(least).toBeGreaterThan(bytes / 8);
});
