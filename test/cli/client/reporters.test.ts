import { describe, expect, it } from 'vitest';
import { type Form } from '../../../src/cli/client/settings.js';
import { type Io, reporterFor } from '../../../src/cli/client/io.js';
import { jsonReporter } from '../../../src/cli/client/json-reporter.js';
import { plainReporter, quietReporter } from '../../../src/cli/client/plain-reporter.js';
import type { Reporter } from '../../../src/cli/client/reporter.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { ACTIVE, FakeClock, fakeIo, RECEIVER, Screen, SENDER } from './fakes.js';

const EVIL = 'a\u001B[2J\u202Egpj.exe';

const STORY: readonly TransferEvent[] = [
  { event: 'skipped', count: 2, paths: ['d/link', EVIL] },
  { event: 'unreadable', count: 7, paths: ['d/1', 'd/2', 'd/3', 'd/4', 'd/5', 'd/6'] },
  { event: 'code', code: '1234-olive-basic' },
  { event: 'waiting', secondsLeft: 600 },
  { event: 'waiting', secondsLeft: 570 },
  { event: 'wrong-code', triesLeft: 2 },
  { event: 'code', code: '1234-olive-basic' },
  { event: 'connected', peer: 1 },
  { event: 'offer', offer: { kind: 'files', names: [EVIL, 'b'], entries: 3, bytes: 1.2e9 } },
  { event: 'resumed', bytes: 5e8, peer: 1 },
  { event: 'progress', bytes: 5e8, total: 1.2e9, path: EVIL, peer: 1 },
  { event: 'cut', why: 'The line to the relay was cut.', retryInMs: 2_000, peer: 1 },
  { event: 'restarted', why: `What "${EVIL}" held was another file.`, peer: 1 },
  { event: 'progress', bytes: 1.2e9, total: 1.2e9, path: 'b', peer: 1 },
  { event: 'done', files: 2, bytes: 1.2e9, names: [EVIL, 'b'], peer: 1 },
];

function tell(reporter: Reporter, story: readonly TransferEvent[] = STORY): void {
  for (const event of story) reporter.report(event);
  reporter.close();
}

describe('plain lines', () => {
  it('tell the sender the story', () => {
    const screen = new Screen();
    tell(plainReporter(screen, new FakeClock().read, SENDER));
    expect(screen.lines).toEqual([
      'Left out: 2 links or devices: d/link, a\\u{1b}[2J\\u{202e}gpj.exe.',
      '7 items cannot be read, and will be tried again: d/1, d/2, d/3, d/4, d/5 and 2 more.',
      'Code: 1234-olive-basic',
      'On the other machine run: relay-receive',
      'Waiting for the receiver, 10 min left.',
      'Somebody joined with the wrong words: 2 tries left, still waiting.',
      'Connected.',
      'Sending 3 items (1.2 GB): a\\u{1b}[2J\\u{202e}gpj.exe, b.',
      'Going on: 500 MB had arrived before.',
      'The line to the relay was cut. Trying again in 2 s.',
      'Starting from the beginning. What "a\\u{1b}[2J\\u{202e}gpj.exe" held was another file.',
      'Sent and verified: 2 files, 1.2 GB.',
    ]);
    expect(screen.text).not.toMatch(ACTIVE);
  });

  it.each([
    [SENDER, ['Sent and verified: 98 of 100 files, 5 B.', 'Not sent']],
    [RECEIVER, ['Received and verified: 98 of 100 files, 5 B: d.', 'Not received']],
  ] as const)('name what did not come, escaped and bounded', (view, [done, what]) => {
    const screen = new Screen();
    const named = [EVIL, ...Array.from({ length: 19 }, (_, n) => `d/${n}`)].map((path, n) => {
      return { path, why: (['changed', 'gone', 'unreadable'] as const)[n % 3]! };
    });
    const failed = { count: 25, files: 2, named };
    const event = { event: 'done', files: 98, bytes: 5, names: ['d'], peer: 1, failed } as const;
    tell(plainReporter(screen, new FakeClock().read, view), [event]);
    expect(screen.lines).toEqual([
      done,
      `${what}: a\\u{1b}[2J\\u{202e}gpj.exe (changed meanwhile), d/0 (is gone), d/1 (cannot be read), ` +
        'd/2 (changed meanwhile), d/3 (is gone) and 20 more.',
    ]);
  });

  it('tell the receiver where it landed, and leave the offer to the question where there is one', () => {
    const screen = new Screen();
    tell(plainReporter(screen, new FakeClock().read, { ...RECEIVER, showsOffer: false }), STORY.slice(7));
    expect(screen.text).not.toContain('Receiving 3 items');
    expect(screen.lines.at(-1)).toBe(
      'Received and verified: 2 files, 1.2 GB: a\\u{1b}[2J\\u{202e}gpj.exe, b.',
    );
  });

  it('tell progress at each 10%, not within 10 s, and once a minute at least', () => {
    const screen = new Screen();
    const clock = new FakeClock();
    const { report } = plainReporter(screen, clock.read, SENDER);
    const total = 10_000;
    for (let second = 0; second <= 100; second += 1) {
      clock.nowMs = second * 1_000;
      report({ event: 'progress', bytes: second * 20, total, path: 'f', peer: 1 });
    }
    expect(screen.lines).toEqual([
      '10%, 1.0 kB of 10 kB, 20 B/s, 7 min 30 s left: f',
      '20%, 2.0 kB of 10 kB, 20 B/s, 6 min 40 s left: f',
    ]);
    for (let second = 101; second <= 111; second += 1) {
      clock.nowMs = second * 1_000;
      report({ event: 'progress', bytes: 2_000 + (second - 100) * 800, total, path: 'f', peer: 1 });
    }
    expect(screen.lines).toHaveLength(3);
    clock.nowMs = 200_000;
    report({ event: 'progress', bytes: 9_999, total, path: 'f', peer: 1 });
    expect(screen.lines).toHaveLength(4);
  });

  it('tell progress from the beginning again where it started again', () => {
    const screen = new Screen();
    const clock = new FakeClock();
    const { report } = plainReporter(screen, clock.read, RECEIVER);
    const at = (second: number, bytes: number): void => {
      clock.nowMs = second * 1_000;
      report({ event: 'progress', bytes, total: 1_000, path: 'f', peer: 1 });
    };
    at(0, 0);
    at(20, 850);
    report({ event: 'restarted', why: 'It is another.', peer: 1 });
    at(40, 0);
    at(60, 200);
    expect(screen.lines.map((line) => line.split(',')[0])).toEqual([
      '85%',
      'Starting from the beginning. It is another.',
      '20%',
    ]);
  });

  it('say every 10 s how much there is where nobody knows the size', () => {
    const screen = new Screen();
    const clock = new FakeClock();
    const { report } = plainReporter(screen, clock.read, SENDER);
    for (let second = 0; second <= 30; second += 1) {
      clock.nowMs = second * 1_000;
      report({ event: 'progress', bytes: second * 1_000, total: undefined, path: EVIL, peer: 1 });
    }
    expect(screen.lines).toHaveLength(3);
    expect(screen.lines[0]).toBe('10 kB, 1.0 kB/s: a\\u{1b}[2J\\u{202e}gpj.exe');
  });

  it('tell several receivers apart', () => {
    const screen = new Screen();
    tell(plainReporter(screen, new FakeClock().read, { ...SENDER, peers: 3 }), [
      { event: 'connected', peer: 2 },
      { event: 'resumed', bytes: 1_000, peer: 2 },
      { event: 'cut', why: 'The line was cut.', retryInMs: 250, peer: 2 },
      { event: 'done', files: 1, bytes: 1_000, names: ['f'], peer: 2 },
    ]);
    expect(screen.lines).toEqual([
      'Receiver 2: connected.',
      'Receiver 2: going on: 1.0 kB had arrived before.',
      'Receiver 2: the line was cut. Trying again now.',
      'Receiver 2: sent and verified: 1 file, 1.0 kB.',
    ]);
  });
});

it('--quiet says the code once, and why it failed', () => {
  const screen = new Screen();
  const reporter = quietReporter(screen, SENDER);
  reporter.notice('Something.');
  tell(reporter);
  reporter.failed('relay', 'No relay answers.');
  expect(screen.lines).toEqual(['Code: 1234-olive-basic', 'relay-send: No relay answers.']);
});

describe('--json', () => {
  it('is every event as it is, one a line, beside the line with the code', () => {
    const screen = new Screen();
    const reporter = jsonReporter(screen, new FakeClock().read);
    reporter.notice('Something.');
    tell(reporter);
    reporter.failed('gave-up', 'The line did not come back.');
    const [first, ...others] = screen.lines.filter((line) => !line.startsWith('{'));
    expect([first, others]).toEqual(['Code: 1234-olive-basic', []]);
    expect(
      screen.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as unknown),
    ).toEqual([...STORY, { event: 'error', code: 'gave-up', message: 'The line did not come back.' }]);
  });

  it('tells how long it took before the last event', () => {
    const screen = new Screen();
    const done = { event: 'done', files: 1, bytes: 6, names: ['f'], peer: 1 } as const;
    jsonReporter(screen, new FakeClock().read).report({ ...done, seconds: 2, bytesPerSecond: 3 });
    expect(screen.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'took', seconds: 2, bytesPerSecond: 3, peer: 1 },
      done,
    ]);
  });

  it('has nothing that a terminal acts on, and loses nothing', () => {
    const screen = new Screen();
    const path = `${EVIL}\u009B\u2028\u{E0001}\uD800`;
    jsonReporter(screen, new FakeClock().read).report({
      event: 'progress',
      bytes: 1,
      total: 2,
      path,
      peer: 1,
    });
    expect(screen.text).not.toMatch(/(?!\n)[\p{C}\p{Zl}]/u);
    expect(JSON.parse(screen.text)).toMatchObject({ path });
  });

  it('tells the progress of each receiver twice a second, and the end of it', () => {
    const screen = new Screen();
    const clock = new FakeClock();
    const { report } = jsonReporter(screen, clock.read);
    for (let bytes = 1; bytes <= 1_001; bytes += 1) {
      clock.nowMs = bytes;
      for (const peer of [1, 2]) report({ event: 'progress', bytes, total: 1_001, path: 'f', peer });
    }
    const told = screen.lines.map((line) => JSON.parse(line) as { bytes: number; peer: number });
    expect(told.filter(({ peer }) => peer === 2).map(({ bytes }) => bytes)).toEqual([1, 501, 1_001]);
  });
});

describe('the form', () => {
  async function told(io: Io & { stderr: Screen }, form: Form): Promise<string> {
    tell(await reporterFor(io, form, SENDER));
    return io.stderr.text;
  }

  it('has no terminal codes where standard error is no terminal, or a dumb one', async () => {
    expect(await told(fakeIo(), 'people')).not.toMatch(ACTIVE);
    expect(await told({ ...fakeIo({ isTTY: true }), env: { TERM: 'dumb' } }, 'people')).not.toMatch(ACTIVE);
  });

  it('has none with --json and --quiet, terminal or not', async () => {
    for (const form of ['json', 'quiet'] as const)
      expect(await told(fakeIo({ isTTY: true }), form)).not.toMatch(ACTIVE);
  });

  it('moves on a terminal', async () => {
    expect(await told(fakeIo({ isTTY: true }), 'people')).toMatch(ACTIVE);
  });

  it.each(['people', 'json', 'quiet'] as const)('has the line with the code, once: %s', async (form) => {
    for (const isTTY of [true, false]) {
      const lines = (await told(fakeIo({ isTTY }), form)).split('\n');
      expect(lines.filter((line) => line === 'Code: 1234-olive-basic')).toHaveLength(1);
    }
  });

  it('leaves standard output alone', async () => {
    const io = fakeIo({ isTTY: true });
    await told(io, 'people');
    expect(io.stdout.text).toBe('');
  });
});
