import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from 'pino';
import { processChannel } from '../../ops/process-channel.js';
import type { Relay } from '../../relay/relay.js';
import { SUCCESSOR_VARIABLE } from './inherited.js';

/**
 * How long a successor may take to start, and then to take over, in milliseconds. It loads from a cold disk, on a busy machine;
 * and until it listens, whoever connects waits.
 */
const PATIENCE_MS = 30_000;

/** How long one that has failed may take to say why, and to close what it has opened. */
const LAST_WORDS_MS = 2_000;

export interface UpgradeOptions {
  readonly relay: Relay;
  readonly logger: Logger;
  /** Gives up what two processes cannot both have, but for the port: called when the successor can run. */
  readonly yieldPorts: () => void;
  /** This relay is stopped: nobody waits for its successor any more. */
  readonly stopping: AbortSignal;
  /** Of this process. */
  readonly pid?: number;
}

/**
 * Starts this program anew, as it is installed now, with the same arguments and the same listening socket, and hands the
 * rooms and clients over to it. What goes wrong is logged.
 *
 * @returns its pid, once it has taken over: what is left to do here is to let the pairings finish. Undefined where it has not.
 */
export async function upgrade(options: UpgradeOptions): Promise<number | undefined> {
  const { relay, logger, yieldPorts, stopping, pid = process.pid } = options;
  const { fd } = relay;
  // The kernel ends all processes of a container with the first.
  const isFirst = pid === 1;
  if (fd === undefined || isFirst) {
    const why = isFirst ? 'its container would end with this process' : 'this relay does not listen yet';
    logger.warn(`no upgrade now: ${why}`);
    return undefined;
  }
  let child: ChildProcess | undefined;
  try {
    child = startSuccessor(fd);
    logger.info({ successor: child.pid }, 'upgrading');
    await ready(child, stopping);
    yieldPorts();
    await handOver(relay, child);
    logger.info({ successor: child.pid, rooms: relay.rooms }, 'handed over');
    child.unref();
    return child.pid;
  } catch (error) {
    if (child !== undefined) await ended(child, stopping.aborted ? 0 : LAST_WORDS_MS);
    const why = error instanceof Error ? error.message : String(error);
    logger.error({ successor: child?.pid, why }, 'the upgrade failed, this relay goes on');
    return undefined;
  }
}

function startSuccessor(fd: number): ChildProcess {
  const [program, ...args] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return spawn(program, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', fd],
    serialization: 'advanced',
    env: { ...process.env, [SUCCESSOR_VARIABLE]: `${process.pid}` },
  });
}

/** Resolves when it says that it can run. */
async function ready(child: ChildProcess, stopping: AbortSignal): Promise<void> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  const signal = AbortSignal.any([given.signal, stopping]);
  try {
    await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code, by]) => {
        const how = code === null ? `by ${String(by)}` : `with exit code ${String(code)}`;
        throw new Error(`the successor ended ${how}`);
      }),
    ]);
  } catch (error) {
    if (stopping.aborted) throw new Error('this relay was stopped in the meantime', { cause: error });
    if (signal.aborted) throw new Error('the successor did not start in time', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    given.abort();
  }
}

/** Resolves when it is gone, by itself or killed. */
async function ended(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  await once(child, 'exit').catch(() => undefined);
  clearTimeout(timer);
}

/** One that stands still is ended: this relay has its work back then. */
async function handOver(relay: Relay, child: ChildProcess): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  try {
    await relay.handOver(processChannel(child));
  } catch (error) {
    if (late.signal.aborted) throw new Error('the successor did not take over in time', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
