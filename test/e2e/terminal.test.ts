import { describe, expect, it } from 'vitest';
import { RelayProcess } from '../helpers/process.js';
import { HAS_SCRIPT, ToolOnTerminal } from '../helpers/terminal.js';
import { Tool } from '../helpers/tools.js';

const at = (relay: RelayProcess): string => `127.0.0.1:${relay.port}`;

describe.skipIf(!HAS_SCRIPT).concurrent('on a terminal', () => {
  it.each([
    ['a text', ['--text', 'see you at eight'], []],
    ['standard input, with --output -', ['-'], ['--output', '-']],
  ])('%s without a last newline stands whole', async (_what, sent, received) => {
    await using relay = await RelayProcess.start();
    const env = { RELAY_ADDRESS: at(relay) };
    await using sender = new Tool('relay-send', sent, { env, input: Buffer.from('see you at eight') });
    const code = await sender.code();
    await using receiver = new ToolOnTerminal('relay-receive', ['--yes', ...received, code], { env });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    const { shown } = receiver;
    expect(shown).toContain('see you at eight');
    expect(shown.at(-1)).toMatch(/^Received and verified: 1 file, 16 B/);
  });
});
