import { expect, it } from 'vitest';
import type { Reporter } from '../../../src/cli/client/reporter.js';
import { linesFor } from '../../../src/cli/client/sentences.js';
import { timed } from '../../../src/cli/client/timed.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { FakeClock, SENDER } from './fakes.js';

const done = (bytes: number, peer = 1) => ({ event: 'done', files: 3, bytes, names: ['a'], peer }) as const;

function told() {
  const events: TransferEvent[] = [];
  const clock = new FakeClock();
  const inner = { report: (event: TransferEvent) => void events.push(event) } as Reporter;
  const { report } = timed(inner, clock.read);
  const lastLine = (): string | undefined => {
    const last = events.at(-1);
    return last?.event === 'done' ? linesFor(last, SENDER)[0] : undefined;
  };
  return { report, clock, events, lastLine };
}

it('the last line has time and speed', () => {
  const { report, clock, lastLine, events } = told();
  report({ event: 'connected', peer: 1 });
  clock.nowMs = 60_000;
  report({ event: 'agreed', peer: 1 });
  clock.nowMs = 62_900;
  report(done(400_000_000));
  expect(lastLine()).toBe('Sent and verified: 3 files, 400 MB in 2.9 s, 138 MB/s.');
  expect(events.at(-1)).toMatchObject({ seconds: 2.9, bytesPerSecond: 137_931_034 });
});

it('counts what came now, and the time in which the line was cut', () => {
  const { report, clock, lastLine } = told();
  report({ event: 'agreed', peer: 1 });
  report({ event: 'resumed', bytes: 300_000_000, peer: 1 });
  clock.nowMs = 5_000;
  report({ event: 'cut', why: 'The line was cut.', retryInMs: 250, peer: 1 });
  clock.nowMs = 8_000;
  report({ event: 'agreed', peer: 1 });
  report({ event: 'resumed', bytes: 350_000_000, peer: 1 });
  clock.nowMs = 10_000;
  report(done(400_000_000));
  expect(lastLine()).toBe('Sent and verified: 3 files, 400 MB in 10 s, 10 MB/s.');
});

it('counts everything where it started from the beginning, each receiver by itself', () => {
  const { report, clock, lastLine } = told();
  report({ event: 'agreed', peer: 1 });
  report({ event: 'resumed', bytes: 300, peer: 1 });
  report({ event: 'restarted', why: 'It is another.', peer: 1 });
  clock.nowMs = 500;
  report({ event: 'agreed', peer: 2 });
  clock.nowMs = 1_000;
  report(done(1_000));
  expect(lastLine()).toBe('Sent and verified: 3 files, 1.0 kB in 1.0 s, 1.0 kB/s.');
  report(done(1_000, 2));
  expect(lastLine()).toBe('Sent and verified: 3 files, 1.0 kB in 500 ms, 2.0 kB/s.');
});

it('says no time where all was there already', () => {
  const { report, lastLine } = told();
  report(done(1_000));
  expect(lastLine()).toBe('Sent and verified: 3 files, 1.0 kB.');
});
