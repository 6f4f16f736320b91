import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runReceive } from '../../../src/cli/client/run-receive.js';
import { runSend } from '../../../src/cli/client/run-send.js';
import { parseReceiveSettings, type ReceiveSettings } from '../../../src/cli/client/receive-settings.js';
import { parseSendSettings, type SendSettings } from '../../../src/cli/client/send-settings.js';
import type { Receive, Send, SendOptions } from '../../../src/client/api.js';
import { TransferError } from '../../../src/transfer/transfer-error.js';
import { fakeIo, Screen } from './fakes.js';

function sending(...args: string[]): SendSettings {
  const settings = parseSendSettings(['node', 'relay-send', ...args], {}, '1.2.3');
  if (settings.kind !== 'run') throw new Error(settings.stderr);
  return settings;
}

function receiving(...args: string[]): ReceiveSettings {
  const settings = parseReceiveSettings(['node', 'relay-receive', ...args], {}, '1.2.3');
  if (settings.kind !== 'run') throw new Error(settings.stderr);
  return settings;
}

const CODE = '1234-olive-basic';
const nothing = (): Promise<void> => Promise.resolve();
const untilStopped: Send & Receive = async ({ signal }: { signal: AbortSignal }) => {
  await once(signal, 'abort');
  throw signal.reason;
};
const signalHandlers = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

describe('relay-send', () => {
  it('sends what the settings say', async () => {
    let options: SendOptions | undefined;
    const send: Send = (given) => {
      options = given;
      return Promise.resolve();
    };
    expect(await runSend(sending('--receivers=2', '--code', CODE, 'f'), fakeIo(), send)).toBe(0);
    expect(options).toMatchObject({
      relay: { host: 'localhost', port: 4000 },
      code: CODE,
      source: { kind: 'paths', paths: ['f'] },
      receivers: 2,
      giveUpAfterMs: 600_000,
    });
  });

  it('sends standard input, and lets go of it', async () => {
    const io = fakeIo();
    const send: Send = ({ source }) => {
      expect(source).toEqual({ kind: 'stream', name: 'a.sql', stream: io.stdin });
      return Promise.resolve();
    };
    expect(await runSend(sending('--name', 'a.sql', '-'), io, send)).toBe(0);
    expect(io.stdin.destroyed).toBe(true);
  });

  it('says what to run on the other side, with the relay where it is not the usual one', async () => {
    const send: Send = (_options, report) => {
      report({ event: 'code', code: CODE });
      return Promise.resolve();
    };
    const io = fakeIo();
    await runSend(sending('--relay', '[::1]:9', 'f'), io, send);
    expect(io.stderr.lines).toEqual([
      `Code: ${CODE}`,
      'On the other machine run: relay-receive --relay [::1]:9',
    ]);
  });

  it('fails in one line with exit code 1', async () => {
    const io = fakeIo();
    const send: Send = () =>
      Promise.reject(new TransferError('relay', 'No relay answers.\n\u001B[2JCheck it.'));
    expect(await runSend(sending('f'), io, send)).toBe(1);
    expect(io.stderr.text).toBe('relay-send: No relay answers. \\u{1b}[2JCheck it.\n');
    const json = fakeIo();
    expect(await runSend(sending('--json', 'f'), json, send)).toBe(1);
    expect(JSON.parse(json.stderr.text)).toMatchObject({ event: 'error', code: 'relay' });
  });

  it.each([
    [
      ['f'],
      'Stopped. To go on, run the same command again with --code and the code above; what arrived is kept.',
    ],
    [['--code', CODE, 'f'], 'Stopped. To go on, run the same command again; what arrived is kept.'],
    [['-'], 'Stopped. Standard input cannot be read again: run the whole command anew.'],
  ])('is stopped by a signal: %j', async (args, sentence) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const io = fakeIo();
      const before = signalHandlers();
      const ending = runSend(sending(...args), io, untilStopped);
      await turn();
      process.emit(signal);
      expect(await ending).toBe(1);
      expect(io.stderr.text).toBe(`relay-send: ${sentence}\n`);
      expect(signalHandlers()).toBe(before);
    }
  });
});

it('after Ctrl-C the command to go on with', async () => {
  const io = fakeIo({ isTTY: true });
  const send: Send = async (options, report) => {
    report({ event: 'code', code: CODE });
    await untilStopped(options as never, report);
  };
  const args = ['--relay', 'relay.example.com', '--code', CODE, "Ada's notes", '-f'].toSpliced(4, 0, '--');
  const ending = runSend(sending(...args), io, send);
  await expect.poll(() => io.stderr.text).toContain('Code: ');
  process.emit('SIGINT');
  expect(await ending).toBe(1);
  const command = `RELAY_CODE=${CODE} relay-send --relay relay.example.com -- 'Ada'\\''s notes' -f`;
  expect(io.stderr.text).toMatch(/\nrelay-send: Stopped; what arrived is kept. To go on, run:\n[^\n]+\n$/);
  expect(io.stderr.lines.at(-1)).toBe(command);
});

it('after Ctrl-C the command of the receiver, which asks for the code', async () => {
  const io = fakeIo({ isTTY: true });
  const receive: Receive = async (options, report) => {
    report({ event: 'connected', peer: 1 });
    await untilStopped(options as never, report);
  };
  const ending = runReceive(receiving('--output', '.', '--rename', CODE), io, '/', receive);
  await expect.poll(() => io.stderr.text).toContain('Connected.');
  process.emit('SIGINT');
  expect(await ending).toBe(1);
  expect(io.stderr.lines.at(-1)).toMatch(/then run: relay-receive --output \. --rename$/);
  expect(io.stderr.text).not.toContain('olive');
});

it('after Ctrl-C no command where it cannot be shown as it is, and with --json one without the code', async () => {
  const stopped = async (...args: string[]): Promise<Screen> => {
    const io = fakeIo({ isTTY: true });
    const send: Send = async (options, report) => {
      report({ event: 'code', code: CODE });
      await untilStopped(options as never, report);
    };
    const ending = runSend(sending(...args), io, send);
    await expect.poll(() => io.stderr.text).toContain('Code: ');
    process.emit('SIGINT');
    await ending;
    return io.stderr;
  };
  expect((await stopped('a\u001B[2J')).text.replaceAll(/\s+/g, ' ')).toContain('run the same command again');
  const { lines } = await stopped('--json', 'a');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    code: 'interrupted',
    command: 'relay-send --json a',
  });
});

describe('relay-receive', () => {
  it('needs --yes where nobody can be asked, before it asks the relay', async () => {
    const io = fakeIo();
    const receive: Receive = () => Promise.reject(new Error('was called'));
    expect(await runReceive(receiving(CODE), io, '/', receive)).toBe(2);
    expect(io.stderr.text).toBe(
      'relay-receive: there is no terminal to ask on. Give --yes to agree to what is offered.\n',
    );
  });

  it('needs a code where nobody can be asked', async () => {
    for (const args of [['--yes'], ['--yes', '--quiet']]) {
      const io = fakeIo();
      expect(await runReceive(receiving(...args), io, '/', nothing)).toBe(2);
      expect(io.stderr.text).toBe(
        'relay-receive: the code is missing. Put it into RELAY_CODE; at a terminal it is asked for.\n',
      );
    }
    expect(await runReceive(receiving('--yes', '--json'), fakeIo({ isTTY: true }), '/', nothing)).toBe(2);
  });

  it('says that there is no such place before it asks for the code', async () => {
    const io = fakeIo({ isTTY: true });
    expect(await runReceive(receiving('--output', 'missing/x.txt'), io, '/', nothing)).toBe(1);
    expect(io.stderr.text).toBe(
      // Wrapped at the width of the terminal.
      'relay-receive: "/missing" is not a directory. Create it first, or choose\nanother with --output.\n',
    );
  });

  it('asks a person for the code, and then whether to take it', async () => {
    const io = fakeIo({ isTTY: true });
    const answers: unknown[] = [];
    const receive: Receive = async ({ code, agree, cwd, output }) => {
      const offer = { kind: 'files', names: ['f'], entries: 1, bytes: 5 } as const;
      io.stdin.write('y\n');
      answers.push(
        code,
        cwd,
        output,
        await agree({ offer, existing: [], freeBytes: undefined, directory: './' }),
      );
    };
    io.stdin.write('1234 oliv basi\n');
    expect(await runReceive(receiving(), io, '/cwd', receive)).toBe(0);
    expect(answers).toEqual([CODE, '/cwd', undefined, true]);
    expect(io.stderr.text).toContain('Receive 1 item (5 B) into ./? [Y/n] ');
    expect(io.stdout.text).toBe('');
  });

  it('shows a hint for words that are nobody’s', async () => {
    const io = fakeIo();
    await runReceive(receiving('--yes', '1234-olvie-basic'), io, '/', nothing);
    expect(io.stderr.text).toMatch(/^Word 1 of the code is not in the list/);
  });

  it('agrees at once with --yes', async () => {
    const receive: Receive = async ({ agree, whenExists }) => {
      const offer = { kind: 'files', names: ['f'], entries: 1, bytes: 5 } as const;
      expect(await agree({ offer, existing: ['f'], freeBytes: 1, directory: './' })).toBe(true);
      expect(whenExists).toBe('rename');
    };
    expect(await runReceive(receiving('--yes', '--rename', CODE), fakeIo(), '/', receive)).toBe(0);
  });

  it('shows text escaped on a terminal, and as it is in a pipe', async () => {
    const receive: Receive = ({ stdout }) => {
      const bytes = Buffer.from('ja\u001B[31m!\r\nジ👩\u200D🚀\tend');
      for (const byte of bytes) stdout.write(Buffer.of(byte));
      return Promise.resolve();
    };
    const terminal = fakeIo({ stdout: new Screen({ isTTY: true }) });
    expect(await runReceive(receiving('--yes', CODE), terminal, '/', receive)).toBe(0);
    expect(terminal.stdout.text).toBe('ja\\u{1b}[31m!\nジ👩\u200D🚀\tend\n');
    expect(terminal.stdout.writableEnded).toBe(false);
    const pipe = fakeIo();
    const text: Receive = ({ stdout }) => {
      stdout.write('\u001B[31m');
      return Promise.resolve();
    };
    await runReceive(receiving('--yes', CODE), pipe, '/', text);
    expect(pipe.stdout.text).toBe('\u001B[31m');
    const raw = fakeIo({ stdout: new Screen({ isTTY: true }) });
    await runReceive(receiving('--yes', '--output=-', CODE), raw, '/', text);
    expect(raw.stdout.text).toBe('\u001B[31m');
  });

  it('stops where nobody reads standard output any more', async () => {
    const io = fakeIo();
    const ending = runReceive(receiving('--yes', '--output=-', CODE), io, '/', untilStopped);
    await turn();
    io.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await ending).toBe(1);
    expect(io.stderr.text).toMatch(/^relay-receive: Whatever read standard output has gone away/);
  });

  it('says why standard output takes nothing more', async () => {
    for (const [code, sentence] of [
      ['ENOSPC', /^relay-receive: There is no space left where standard output goes\./],
      ['EIO', /^relay-receive: Standard output cannot be written to \(EIO\)\./],
    ] as const) {
      const io = fakeIo();
      const ending = runReceive(receiving('--yes', '--output=-', CODE), io, '/', untilStopped);
      await turn();
      io.stdout.emit('error', Object.assign(new Error(code), { code }));
      expect(await ending).toBe(1);
      expect(io.stderr.text).toMatch(sentence);
    }
  });

  it('is stopped while it asks for the code: there is nothing to go on with', async () => {
    const io = fakeIo({ isTTY: true });
    const ending = runReceive(receiving(), io, '/', nothing);
    io.stdin.write('\u0003');
    expect(await ending).toBe(1);
    expect(io.stderr.text).toMatch(/relay-receive: Stopped\.\n$/);
  });

  it.each([
    [[], 'what arrived is kept.'],
    [['--output=-'], 'it starts from the beginning.'],
  ])('is stopped in a transfer, and says how it goes on: %j', async (args, end) => {
    const io = fakeIo();
    const receive: Receive = async (options, report) => {
      report({ event: 'connected', peer: 1 });
      await untilStopped(options as never, report);
    };
    const ending = runReceive(receiving('--yes', ...args, CODE), io, '/', receive);
    await turn();
    process.emit('SIGINT');
    expect(await ending).toBe(1);
    expect(io.stderr.lines.at(-1)).toBe(
      `relay-receive: Stopped. To go on, let the sender run again with --code, then run the same command; ${end}`,
    );
  });
});
