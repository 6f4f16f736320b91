import { TransferError } from '../../transfer/transfer-error.js';
import { cannotWrite } from '../../client/landing/errors.js';
import { toTransferError } from '../../transfer/explain.js';
import { inheritedIgnored, ownTraces } from '../inherited-signals.js';
import { oneLine } from '../text/escape.js';
import { UsageError } from '../flags/wording.js';
import type { Io } from './io.js';
import type { Reporter } from './reporter.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why it was stopped, and how it goes on. */
export interface StoppedBecause {
  readonly sentence: string;
  /** What goes on with it, for scripts; without the code. */
  readonly command?: string | undefined;
}

/** Somebody stopped it; the message says how it goes on. */
class Stopped extends Error {
  readonly command: string | undefined;

  constructor({ sentence, command }: StoppedBecause) {
    super(sentence);
    this.command = command;
  }
}

export interface Stopping {
  readonly signal: AbortSignal;
  readonly stop: () => void;
}

export interface RunOptions {
  /** Where there is a terminal, what draws on it is being loaded; a signal in the meantime is heard. */
  readonly reporter: Promise<Reporter>;
  readonly io: Io;
  /** What is said of a transfer that a signal has stopped. */
  readonly whenStopped: () => StoppedBecause;
}

/**
 * Runs one transfer: a first signal stops it in order, a second one ends the process at once.
 * @returns the exit code: 0 when it is done, 1 when it failed, 2 where only a flag could have said what to do.
 */
export async function runTransfer(
  { reporter: loading, io, whenStopped }: RunOptions,
  transfer: (reporter: Reporter, stopping: Stopping) => Promise<void>,
): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Stopped(whenStopped()));
  const onBrokenPipe = (error: Error): void =>
    controller.abort(toTransferError(cannotWrite(error), 'receiver'));
  // Nobody reads what is said: no reason to stop.
  const onDeaf = (): void => undefined;
  const ignored: ReadonlySet<string> = inheritedIgnored(ownTraces(io.env));
  const ignore = (): void => undefined;
  for (const name of SIGNALS) {
    if (ignored.has(name)) process.on(name, ignore);
    else process.once(name, stop);
  }
  io.stdout.on('error', onBrokenPipe);
  io.stderr.on('error', onDeaf);
  const reporter = await loading;
  try {
    controller.signal.throwIfAborted();
    await transfer(reporter, { signal: controller.signal, stop });
    return 0;
  } catch (error) {
    const cause: unknown = controller.signal.aborted ? controller.signal.reason : error;
    if (cause instanceof Stopped) reporter.failed('interrupted', cause.message, cause.command);
    else reporter.failed(codeOf(cause), sentenceOf(cause));
    return cause instanceof UsageError ? 2 : 1;
  } finally {
    reporter.close();
    for (const name of SIGNALS) process.off(name, stop).off(name, ignore);
    io.stdout.off('error', onBrokenPipe);
    io.stderr.off('error', onDeaf);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof TransferError) return error.code;
  return error instanceof UsageError ? 'usage' : 'failed';
}

function sentenceOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
