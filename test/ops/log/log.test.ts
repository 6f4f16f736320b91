import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLog, LOG_BUFFER_BYTES, LOG_CLOSE_TIMEOUT_MS } from '../../../src/ops/log/log.js';
import { LOG_LEVELS } from '../../../src/ops/log/kinds.js';
import type { Log, LogSettings } from '../../../src/ops/log/log.js';

const directory = mkdtempSync(join(tmpdir(), 'relay-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;

/** What a log writes to a file. The log closes the descriptor. */
async function written(
  settings: Partial<Omit<LogSettings, 'stdout'>>,
  isTTY: boolean | undefined,
  use: (log: Log) => void,
): Promise<string> {
  const path = join(directory, `${files++}.log`);
  const log = createLog({
    level: 'info',
    format: 'auto',
    ...settings,
    stdout: { fd: openSync(path, 'w'), isTTY },
  });
  use(log);
  await log.close();
  return readFileSync(path, 'utf8');
}

const parsed = (output: string) =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('formats', () => {
  const say = ({ logger }: Log) => logger.info({ port: 4000 }, 'listening');

  it('is one JSON object a line, with an ISO time, where stdout is no terminal', async () => {
    for (const settings of [{ format: 'json' }, { format: 'auto' }] as const) {
      const output = await written(settings, settings.format === 'json', say);
      expect(output.endsWith('\n')).toBe(true);
      const [line, ...more] = parsed(output);
      expect(more).toEqual([]);
      expect(Object.keys(line ?? {})).toEqual(['level', 'time', 'port', 'msg']);
      expect(line).toMatchObject({ level: 30, port: 4000, msg: 'listening' });
      const time = String(line?.['time']);
      expect(new Date(time).toISOString()).toBe(time);
    }
  });

  it('has the time of each line', async () => {
    const now = vi.spyOn(Date, 'now');
    const times = [1000, 1000, 1001, 999];
    const output = await written({ format: 'json' }, false, (log) => {
      for (const time of times) {
        now.mockReturnValue(time);
        say(log);
      }
    });
    now.mockRestore();
    expect(parsed(output).map(({ time }) => Date.parse(String(time)))).toEqual(times);
  });

  it('is pretty on a terminal, or when asked', async () => {
    for (const [format, isTTY] of [
      ['auto', true],
      ['pretty', undefined],
    ] as const) {
      const output = await written({ format }, isTTY, say);
      expect(output).toMatch(/INFO.*listening.*4000/);
      expect(output.split('\n')).toHaveLength(2);
    }
  });

  it('has no colours where stdout is no terminal', async () => {
    expect(await written({ format: 'pretty' }, false, say)).not.toContain('\u001b');
  });
});

describe('levels', () => {
  const sayAll = ({ logger }: Log) => {
    for (const level of LOG_LEVELS) logger[level]('x');
  };

  it.each(LOG_LEVELS)('writes what is at least %s', async (level) => {
    const lines = parsed(await written({ level, format: 'json' }, false, sayAll));
    expect(lines).toHaveLength(LOG_LEVELS.length - 1 - LOG_LEVELS.indexOf(level));
  });
});

describe('close', () => {
  it('writes all that was logged without waiting further, loses what comes later, and may be called twice', async () => {
    // No timer fires: neither that of lines that wait for others, nor the limit of close().
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const output = await written({ format: 'json' }, false, (log) => {
      for (let i = 0; i < 2_000; i++) log.logger.info({ i });
      void log.close();
      log.logger.info('too late');
    });
    expect(parsed(output).map(({ i }) => i)).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
  });

  it.skipIf(!existsSync('/dev/full'))('does not reject where nothing can be written', async () => {
    const full = createLog({ level: 'info', format: 'json', stdout: { fd: openSync('/dev/full', 'w') } });
    for (let i = 0; i < 3; i++) {
      full.logger.info('x');
      await new Promise(setImmediate);
    }
    await full.close();
  });
});

/** A pipe that nobody reads yet, as a process is given it for stdout. */
function stalledPipe() {
  const path = join(directory, `${files++}.fifo`);
  execFileSync('mkfifo', [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return { fd, reader: () => new Socket({ fd: readEnd, readable: true, writable: false }) };
}

describe('a reader that has stalled', () => {
  const LINES = 20_000;
  const padding = 'x'.repeat(200);
  const numbers = (output: string) => [...output.matchAll(/"i":(\d+)/g)].map(([, i]) => Number(i));

  it.each(['json', 'pretty'] as const)('neither blocks nor grows the relay: %s', async (format) => {
    const { fd, reader } = stalledPipe();
    const { logger, close } = createLog({ level: 'info', format, stdout: { fd } });
    for (let i = 0; i < LINES; i++) {
      logger.info({ i, padding });
      // A write that waits for the reader would never let the loop turn.
      if (i % 1_000 === 0) await new Promise(setImmediate);
    }
    const reading = text(reader());
    await close();
    const output = await reading;
    const kept = numbers(output);
    // Whole lines in order, as many as the buffer and the pipe hold; the others were dropped.
    expect(kept).toHaveLength(output.split('\n').length - 1);
    expect(kept.every((i, at) => at === 0 || i > (kept[at - 1] ?? i))).toBe(true);
    expect(output.length).toBeGreaterThan(LOG_BUFFER_BYTES / 2);
    expect(output.length).toBeLessThan(LOG_BUFFER_BYTES + 256 * 1024);
  });

  it('is told how many lines were dropped, once it reads again', async () => {
    const { fd, reader } = stalledPipe();
    const { logger, close } = createLog({ level: 'info', format: 'json', stdout: { fd } });
    for (let i = 0; i < LINES; i++) logger.info({ i, padding });
    let output = '';
    for await (const chunk of reader()) {
      output += String(chunk);
      // The end comes from this: the log closes the pipe.
      if (output.includes('log lines dropped')) void close();
    }
    const last = parsed(output).at(-1);
    expect(last).toMatchObject({ level: 40, msg: 'log lines dropped' });
    expect(numbers(output).length + Number(last?.['lines'])).toBe(LINES);
  });

  it('holds up close() no longer than the limit', async () => {
    const { fd } = stalledPipe();
    const { logger, close } = createLog({ level: 'info', format: 'json', stdout: { fd } });
    for (let i = 0; i < LINES; i++) logger.info({ i, padding });
    const start = performance.now();
    await close();
    expect(performance.now() - start).toBeGreaterThanOrEqual(LOG_CLOSE_TIMEOUT_MS - 5);
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A process that has `log`, on its own stdout, and runs `script`. */
function spawnLogging(script: string) {
  const source = readFileSync(join(root, 'src/ops/log/log.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const program = `${outputText}
    const log = createLog({ level: 'info', format: 'json', stdout: process.stdout });
    const fill = () => { for (let i = 0; i < 20_000; i++) log.logger.info({ padding: 'x'.repeat(200) }); };
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return { child, problems: text(child.stderr), exited: once(child, 'exit') };
}

describe('a whole process', () => {
  it('ends by itself after close(), though nobody reads its stdout', async () => {
    const { child, problems, exited } = spawnLogging('fill(); await log.close();');
    child.stdout.pause();
    expect(await exited).toEqual([0, null]);
    expect(await problems).toBe('');
  });

  it('can exit at once, though nobody reads its stdout', async () => {
    const { child, problems, exited } = spawnLogging('fill(); process.exit(3);');
    child.stdout.pause();
    expect(await exited).toEqual([3, null]);
    expect(await problems).toBe('');
  });

  it('goes on when the reader of its stdout is gone', async () => {
    const { child, problems, exited } = spawnLogging(`
      for await (const _ of process.stdin);
      for (let i = 0; i < 10; i++) { fill(); await new Promise(setImmediate); }
      // At once: there is nobody to wait for. What does wait, waits for ever here.
      globalThis.setTimeout = () => undefined;
      setInterval(() => undefined, 60_000);
      await log.close();
      process.exit(4);`);
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end();
    expect(await exited).toEqual([4, null]);
    expect(await problems).toBe('');
  });

  it('writes every line before it ends', async () => {
    const { child, exited } = spawnLogging("log.logger.info('a'); log.logger.info('b'); await log.close();");
    const lines = parsed(await text(child.stdout));
    expect(lines.map(({ msg }) => msg)).toEqual(['a', 'b']);
    expect(await exited).toEqual([0, null]);
  });
});
