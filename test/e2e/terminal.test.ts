import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startRelay } from '../helpers/relay.js';
import { HAS_SCRIPT, ToolOnTerminal } from '../helpers/terminal.js';
import { Tool } from '../helpers/tools.js';
import { plant, scratch } from '../helpers/transfer.js';

const at = (relay: { readonly port: number }): string => `127.0.0.1:${relay.port}`;

describe.skipIf(!HAS_SCRIPT).concurrent('on a terminal', () => {
  it.each([
    ['a text', ['--text', 'see you at eight'], []],
    ['standard input, with --output -', ['-'], ['--output', '-']],
  ])('%s without a last newline stands whole', async (_what, sent, received) => {
    await using relay = await startRelay();
    const env = { RELAY_ADDRESS: at(relay) };
    await using sender = new Tool('relay-send', sent, { env, input: Buffer.from('see you at eight') });
    const code = await sender.code();
    await using receiver = new ToolOnTerminal('relay-receive', ['--yes', ...received, code], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    const { shown } = receiver;
    expect(shown).toContain('see you at eight');
    expect(shown.at(-1)).toMatch(/^Received and verified: 1 file, 16 B/);
  });

  it('of 40 columns, a word that is not in the list costs no try, and Enter agrees', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { '.hidden': 'x', 'holiday.mp4': Buffer.alloc(300_000) });
    const env = { RELAY_ADDRESS: at(relay) };
    const sent = ['--code', '731904-olive-basic', 'holiday.mp4', '.hidden'];
    await using sender = new Tool('relay-send', sent, { env, cwd: from.path });
    await sender.code();
    await using receiver = new ToolOnTerminal('relay-receive', [], { env, cwd: to.path, columns: 40 });
    await receiver.until(/^Code:/);
    receiver.type('731904-olive-basci\r');
    await receiver.until(/^code\. Enter takes it as it is\.$/m);
    receiver.type('\u007F\u007Fic\r');
    await receiver.until(/\[Y\/n\]$/);
    receiver.type('\r');
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(sender.stderr).not.toContain('wrong words');
    const { shown } = receiver;
    const offered = shown.indexOf('  .hidden (1 B)');
    expect(shown[offered + 1]).toBe('  holiday.mp4 (300 kB)');
    expect(shown.slice(-3).join(' ')).toMatch(
      /Received and verified: 2 files, 300 kB in [0-9.]+ m?s, .*B\/s: /,
    );
  });

  it.each([
    ['Enter', '\r'],
    ['a yes', 'y\ry\r'],
    ['half an answer', 'yes'],
  ])('%s typed ahead of the question agrees to nothing', async (_what, ahead) => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { a: 'x' });
    const env = { RELAY_ADDRESS: at(relay) };
    // Nobody is there yet: the question comes long after the keys.
    await using receiver = new ToolOnTerminal('relay-receive', ['--wait'], { env, cwd: to.path });
    await receiver.until(/^Code:/);
    receiver.type('731904-olive-basic\r');
    await receiver.until(/^Code: 731904-olive-basic\n[^]/);
    receiver.type(ahead);
    // Its echo; after Enter the line about the wait is drawn a line lower.
    await receiver.until(ahead.endsWith('\r') ? /(?:Waiting for[^]*){2}/ : /yes/);
    await using sender = new Tool('relay-send', ['--code', '731904-olive-basic', 'a'], {
      env,
      cwd: from.path,
    });
    await receiver.until(/\[Y\/n\]$/);
    receiver.type('no\r');
    expect([await sender.exited(), await receiver.exited()]).toEqual([1, 1]);
    expect(receiver.shown.join('\n')).toMatch(/\[Y\/n\] no\n/);
    expect(await readdir(to.path)).toEqual([]);
  });

  it('after Ctrl-C the command to go on with, which does', async () => {
    await using relay = await startRelay();
    await using to = await scratch();
    const env = { RELAY_ADDRESS: at(relay) };
    await using sender = new ToolOnTerminal('relay-send', ['--text', "it's eight"], { env, columns: 40 });
    const code = await sender.until(/^Code: (\S+)$/m);
    sender.type('\u0003');
    expect(await sender.exited()).toBe(1);
    const command = await sender.until(/To go on, run:\n([^]*)$/);
    // Longer than the terminal is wide: in one piece, for the terminal to wrap.
    expect(sender.written).toContain(`RELAY_CODE=${code} relay-send --text 'it'\\''s eight'\r\n`);
    expect(command.replaceAll('\n', '')).toContain(code);
    await using again = new Tool('relay-send', ['--text', "it's eight"], {
      env: { ...env, RELAY_CODE: code },
    });
    await again.code();
    await using receiver = new Tool('relay-receive', ['--yes', code], { env, cwd: to.path });
    expect([await again.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.toString()).toBe("it's eight");
  });
});
