import { destination as openDestination, pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';
import type { LogFormat, LogLevel } from './kinds.js';

/** Bytes of lines kept for a reader that is slower than the relay: some four thousand lines. More are dropped. */
export const LOG_BUFFER_BYTES = 1024 * 1024;

/** How long a line waits for others to leave with it: each write by itself costs as much as several lines. */
const GATHER_MS = 5;
const GATHER_LENGTH = 16 * 1024;

/** How long a reader may take, at the end, to read what is still buffered. */
export const LOG_CLOSE_TIMEOUT_MS = 1_000;

export interface LogSettings {
  readonly level: LogLevel;
  /** `auto` is pretty on a terminal, else one JSON object a line. */
  readonly format: LogFormat;
  /**
   * `process.stdout`, whose descriptor Node makes non-blocking when it is a pipe. On a blocking one a stalled
   * reader would hold a thread of the pool, and with it the end of the process.
   */
  readonly stdout: { readonly fd: number; readonly isTTY?: boolean | undefined };
}

export interface Log {
  readonly logger: Logger;
  /**
   * Resolves when every line has left, when the reader is gone, or when it took more than LOG_CLOSE_TIMEOUT_MS.
   * Never rejects. Lines logged after the call are lost.
   */
  readonly close: () => Promise<void>;
}

/** Opens the log. Logging never blocks and never throws, whatever becomes of its reader. */
export function createLog({ level, format, stdout }: LogSettings): Log {
  const sink = openSink(stdout.fd);
  const isTerminal = stdout.isTTY === true;
  const pretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const logger = pino(
    // The process id and the host are the service manager's to add: it knows them for every line.
    { level, base: null, timestamp: isoTimes() },
    pretty ? prettyInto(sink, isTerminal && isColorSupported) : sink,
  );
  const tellDropped = (lines: number): void => logger.warn({ lines }, 'log lines dropped');
  sink.onDropped(tellDropped);
  return { logger, close: sink.close };
}

/** The time as pino's own function writes it, made once for all lines of a millisecond. */
function isoTimes(): () => string {
  let madeAt: number | undefined;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== madeAt) text = `,"time":"${new Date(now).toISOString()}"`;
    madeAt = now;
    return text;
  };
}

/** Formats in place: pino-pretty's own stream has a queue without a bound in front of its destination. */
function prettyInto(sink: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({ colorize, singleLine: true, translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l' });
  return { write: (line) => sink.write(format(line)) };
}

interface Sink extends DestinationStream {
  onDropped(listener: (lines: number) => void): void;
  readonly close: () => Promise<void>;
}

/** An asynchronous, bounded way to a descriptor that no reader can block, grow or crash. */
function openSink(fd: number): Sink {
  let patient = true;
  let broken = false;
  let closing: Promise<void> | undefined;
  let dropped = 0;
  let onDropped: (lines: number) => void = () => undefined;
  /** Lines that wait for others, and the timer of the first of them. */
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;

  const stream = openDestination({
    dest: fd,
    sync: false,
    minLength: 0,
    maxLength: LOG_BUFFER_BYTES,
    // A full pipe is tried again every 100 ms, and would be for ever.
    retryEAGAIN: () => patient,
  });
  // Its exit hook flushes synchronously, and never returns where the reader has stalled or gone.
  stream.flushSync = () => undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    broken ||= error.code === 'EPIPE';
  });
  stream.on('drop', (lines: string) => {
    dropped += lines.split('\n').length - 1;
  });
  stream.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    onDropped(lines);
  });

  function handOver(): void {
    clearTimeout(timer);
    timer = undefined;
    const lines = gathered;
    gathered = '';
    if (lines !== '') stream.write(lines);
  }

  async function finish(): Promise<void> {
    if (broken) return clearTimeout(timer);
    handOver();
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => {
        patient = false;
        resolve();
      }, LOG_CLOSE_TIMEOUT_MS);
      const done = (): void => {
        clearTimeout(deadline);
        resolve();
      };
      stream.once('close', done);
      stream.once('error', done);
      stream.end();
    });
  }

  return {
    write(line) {
      if (closing !== undefined) return;
      gathered += line;
      if (gathered.length >= GATHER_LENGTH) handOver();
      else timer ??= setTimeout(handOver, GATHER_MS);
    },
    onDropped(listener) {
      onDropped = listener;
    },
    close: () => (closing ??= finish()),
  };
}
