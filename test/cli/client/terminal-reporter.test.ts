import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { terminalReporter } from '../../../src/cli/client/terminal-reporter.js';
import { shownOn } from '../../helpers/terminal.js';
import { ACTIVE, FakeClock, Screen, SENDER } from './fakes.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const EVIL = 'a\u001B[2J\u202Egpj.exe';

function terminal(columns = 80) {
  const screen = new Screen({ isTTY: true, columns });
  const clock = new FakeClock();
  const reporter = (peers = 1) => terminalReporter(screen, clock.read, { ...SENDER, peers });
  return { screen, clock, reporter };
}

const progress = (bytes: number, peer = 1, path = EVIL) =>
  ({ event: 'progress', bytes, total: 1_000_000, path, peer }) as const;

it('draws one line that moves, in the room that there is', () => {
  const { screen, clock, reporter } = terminal(100);
  const { report, close } = reporter();
  for (let step = 0; step <= 10; step += 1) {
    clock.nowMs = step * 1_000;
    report(progress(step * 50_000));
  }
  const shown = stripVTControlCharacters(screen.text);
  expect(shown).toContain(
    ' 50% [##########----------] 500 kB of 1.0 MB, 50 kB/s, 10 s left  a\\u{1b}[2J\\u{202e}gpj.exe',
  );
  expect(shown).not.toMatch(ACTIVE);
  close();
});

it('draws ten times a second at most', () => {
  const { screen, clock, reporter } = terminal();
  const { report, close } = reporter();
  for (let ms = 0; ms < 1_000; ms += 1) {
    clock.nowMs = ms;
    report(progress(ms));
  }
  expect(screen.text.match(/ of 1\.0 MB/g)).toHaveLength(10);
  close();
});

it('goes on to count while nothing comes', () => {
  const { screen, clock, reporter } = terminal();
  const { report, close } = reporter();
  report(progress(0));
  clock.nowMs = 1_000;
  report(progress(500_000));
  screen.text = '';
  clock.nowMs = 10_000;
  vi.advanceTimersByTime(1_000);
  expect(stripVTControlCharacters(screen.text)).toContain('500 kB of 1.0 MB, 50 kB/s, 10 s left');
  close();
});

it('tells once why there is no line, and then counts down to each next try', () => {
  const { screen, clock, reporter } = terminal();
  const { report, close } = reporter();
  const cut = (retryInMs: number, why = 'No relay answers.') =>
    report({ event: 'cut', why, retryInMs, peer: 1 } as const);
  cut(4_000);
  expect(stripVTControlCharacters(screen.text)).toBe('No relay answers. Trying again in 4 s.\n');
  screen.text = '';
  cut(8_000);
  clock.nowMs = 1_000;
  vi.advanceTimersByTime(1_000);
  const shown = stripVTControlCharacters(screen.text);
  expect(shown).toContain('Trying again in 8 s.');
  expect(shown).toContain('Trying again in 7 s.');
  expect(shown).not.toContain('No relay answers.');
  screen.text = '';
  cut(8_000, 'Server is full.');
  expect(stripVTControlCharacters(screen.text)).toContain('Server is full. Trying again in 8 s.\n');
  screen.text = '';
  report({ event: 'connected', peer: 1 });
  cut(250, 'Server is full.');
  expect(stripVTControlCharacters(screen.text)).toContain(
    'Connected.\nWaiting for the receiver to agree.\nServer is full. Trying again now.\n',
  );
  close();
});

it('counts down while it waits, and takes that away when somebody comes', () => {
  const { screen, clock, reporter } = terminal();
  const { report, close } = reporter();
  report({ event: 'waiting', secondsLeft: 60 });
  clock.nowMs = 1_000;
  vi.advanceTimersByTime(1_000);
  expect(stripVTControlCharacters(screen.text)).toContain('Waiting for the receiver, 59 s left.');
  screen.text = '';
  report({ event: 'connected', peer: 1 });
  clock.nowMs = 2_000;
  vi.advanceTimersByTime(1_000);
  expect(stripVTControlCharacters(screen.text)).toBe('Connected.\nWaiting for the receiver to agree.\n');
  screen.text = '';
  report({ event: 'agreed', peer: 1 });
  expect(screen.text).not.toBe('');
  expect(stripVTControlCharacters(screen.text)).toBe('');
  close();
});

it('keeps lines above what moves, and one line for each receiver', () => {
  const { screen, clock, reporter } = terminal();
  const { report, close } = reporter(3);
  report(progress(100_000, 3, 'c'));
  clock.nowMs = 200;
  report(progress(200_000, 1, 'a'));
  screen.text = '';
  report({ event: 'connected', peer: 2 });
  const lines = stripVTControlCharacters(screen.text).split('\n');
  expect(lines[0]).toBe('Receiver 2: connected.');
  expect(lines[1]).toMatch(/^1: {2}20% .* a$/);
  expect(lines[2]).toMatch(/^3: {2}10% .* c$/);
  report({ event: 'done', files: 1, bytes: 1_000_000, names: ['a'], peer: 1 });
  screen.text = '';
  vi.advanceTimersByTime(1_000);
  expect(stripVTControlCharacters(screen.text)).not.toContain('1: ');
  close();
});

it.each(['cut', 'restarted'] as const)(
  'takes the line away of the one that was %s, and no other',
  (event) => {
    const { screen, reporter } = terminal();
    const { report, close } = reporter(2);
    report(progress(100_000, 1, 'a'));
    report(progress(200_000, 2, 'b'));
    screen.text = '';
    report({ event, why: 'So it is.', retryInMs: 8_000, peer: 2 });
    const lines = stripVTControlCharacters(screen.text).split('\n');
    expect(lines[0]).toMatch(/^Receiver 2: s/);
    expect(lines[1]).toMatch(/^1: {2}10% .* a$/);
    expect(lines.slice(2).join('')).not.toContain('2: ');
    close();
  },
);

it('leaves nothing that moves behind: at a pause, a failure and the end', () => {
  for (const end of ['pause', 'close'] as const) {
    const { screen, reporter } = terminal();
    const told = reporter();
    told.report({ event: 'waiting', secondsLeft: 60 });
    screen.text = '';
    told[end]();
    expect(screen.text).not.toBe('');
    expect(stripVTControlCharacters(screen.text)).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  }
  const { screen, reporter } = terminal();
  const told = reporter();
  told.report(progress(1));
  screen.text = '';
  told.failed('gave-up', 'The line did not come back.');
  told.close();
  expect(stripVTControlCharacters(screen.text)).toBe('relay-send: The line did not come back.\n');
});

it('takes a terminal of no size for one of 80 columns', () => {
  const { screen, reporter } = terminal(0);
  const { report, close } = reporter();
  report(progress(1));
  expect(stripVTControlCharacters(screen.text)).toMatch(/^ {2}0% \[-{20}\] 1 B of 1\.0 MB {2}a/);
  close();
});

it.each([
  [80, / 50% \[.*\] 500 kB of 1\.0 MB, 50 kB\/s, 10 s left {2}写.*写\.jpg$/],
  [40, / 50% 500 kB of 1\.0 MB, 10 s left$/],
  [20, / 50%, 10 s left$/],
  [10, / 50%$/],
])('draws one row at %i columns, wide characters in the name or not', (columns, pattern) => {
  const { screen, clock, reporter } = terminal(columns);
  const { report, close } = reporter();
  const path = `${'写真'.repeat(20)}👩.jpg`;
  for (let step = 0; step <= 10; step += 1) {
    clock.nowMs = step * 1_000;
    report(progress(step * 50_000, 1, path.replace('👩', '写')));
  }
  const shown = shownOn(columns, screen.text);
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatch(pattern);
  close();
  expect(shownOn(columns, screen.text)).toEqual([]);
});

it.each([40, 20, 10])('waits in one row at %i columns', (columns) => {
  const { screen, reporter } = terminal(columns);
  const { report, close } = reporter();
  report({ event: 'waiting', secondsLeft: 598 });
  expect(shownOn(columns, screen.text)).toHaveLength(1);
  close();
});

it('is wrapped at words at 40 columns', () => {
  const { screen, reporter } = terminal(40);
  const { notice, close } = reporter();
  notice('Somebody joined with the wrong words: 2 tries left, still waiting.');
  close();
  expect(screen.lines).toEqual(['Somebody joined with the wrong words: 2', 'tries left, still waiting.']);
});
