import { describe, expect, it } from 'vitest';
import { around, ReceivedOutput } from '../../../src/cli/client/received-output.js';
import { terminalReporter } from '../../../src/cli/client/terminal-reporter.js';
import { shownOn } from '../../helpers/terminal.js';
import { FakeClock, RECEIVER, Screen } from './fakes.js';

const TOTAL = 70_000;
const progress = (bytes: number) =>
  ({ event: 'progress', bytes, total: TOTAL, path: 'text', peer: 1 }) as const;
const DONE = { event: 'done', files: 1, bytes: 16, names: [], peer: 1 } as const;
const CUT = { event: 'cut', why: 'The line was cut.', retryInMs: 250, peer: 1 } as const;

/** Standard output and standard error on one terminal, as a shell has them. */
function onTerminal(isText: boolean) {
  const screen = new Screen({ isTTY: true });
  const clock = new FakeClock();
  const output = new ReceivedOutput({ stdout: screen, stderr: screen }, isText);
  const told = around(output, terminalReporter(screen, clock.read, RECEIVER));
  const receive = async (text: string): Promise<void> => {
    await new Promise((resolve) => output.write(text, resolve));
    clock.nowMs += 200;
    told.report(progress(text.length));
  };
  return { screen, told, output, receive, shown: () => shownOn(80, screen.text) };
}

describe.each([true, false])('received on a terminal where progress is drawn (a text: %s)', (isText) => {
  it('stands on a line of its own, without a last newline', async () => {
    const { told, receive, shown } = onTerminal(isText);
    told.report({ event: 'connected', peer: 1 });
    told.report(progress(0));
    await receive('see you at eight');
    told.report(DONE);
    told.close();
    expect(shown()).toEqual([
      'Connected.',
      'see you at eight',
      expect.stringMatching(/^Received and verified/),
    ]);
  });

  it('has no second line end where it ends in one', async () => {
    const { told, receive, shown } = onTerminal(isText);
    await receive('one\ntwo\n');
    told.report(DONE);
    told.close();
    expect(shown()).toEqual(['one', 'two', expect.stringMatching(/^Received and verified/)]);
  });

  it('stays where the transfer fails', async () => {
    const { told, receive, shown } = onTerminal(isText);
    await receive('see you');
    told.failed('gave-up', 'The line did not come back.');
    told.close();
    expect(shown()).toEqual(['see you', 'relay-receive: The line did not come back.']);
  });

  it('has everything, pieces of any size', async () => {
    const { told, receive, shown } = onTerminal(isText);
    const line = 'x'.repeat(70);
    for (let i = 0; i < 1_000; i += 1) await receive(`${line}\n`);
    told.report(CUT);
    await receive('the end');
    told.report(DONE);
    told.close();
    const lines = shown();
    expect(lines.filter((each) => each === line)).toHaveLength(1_000);
    expect(lines.slice(-3)).toEqual([
      'The line was cut. Trying again now.',
      'the end',
      expect.stringMatching(/^Received and verified/),
    ]);
  });
});

it('shows a short text in one piece, below what is said of a cut in its middle', async () => {
  const { told, receive, shown } = onTerminal(true);
  await receive('see you ');
  told.report(CUT);
  told.report({ event: 'waiting', secondsLeft: 60 });
  told.report({ event: 'connected', peer: 1 });
  await receive('at eight');
  told.report(DONE);
  told.close();
  expect(shown()).toEqual([
    'The line was cut. Trying again now.',
    'Connected.',
    'see you at eight',
    expect.stringMatching(/^Received and verified/),
  ]);
});

it('shows a stream as it comes, and says in its middle that the line was cut', async () => {
  const { told, receive, shown } = onTerminal(false);
  await receive('one\ntw');
  expect(shown()).toEqual(['one', 'tw']);
  told.report(CUT);
  await receive('o');
  told.report(DONE);
  told.close();
  expect(shown().slice(0, -1)).toEqual(['one', 'tw', 'The line was cut. Trying again now.', 'o']);
});

it('adds nothing to the bytes on standard output: the line end is on standard error', () => {
  const stdout = new Screen({ isTTY: true });
  const stderr = new Screen({ isTTY: true });
  const output = new ReceivedOutput({ stdout, stderr }, false);
  output.write('\u001B[31mred');
  output.finish();
  expect([stdout.text, stderr.text]).toEqual(['\u001B[31mred', '\n']);
});
