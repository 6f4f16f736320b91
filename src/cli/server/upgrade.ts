import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from 'pino';
import { processChannel } from '../../ops/process-channel.js';
import type { Relay } from '../../relay/relay.js';
import { SUCCESSOR_VARIABLE } from './inherited.js';

/** How long a successor may take to start, in milliseconds. It loads from a cold disk, on a busy machine. */
const START_MS = 30_000;

export interface UpgradeOptions {
  readonly relay: Relay;
  readonly logger: Logger;
  /** Gives up what two processes cannot both have, but for the port: called when the successor can run. */
  readonly yieldPorts: () => void;
}

/**
 * Starts this program anew, as it is installed now, with the same arguments and the same listening socket, and hands the
 * rooms and clients over to it. What goes wrong is logged.
 *
 * @returns its pid, once it has taken over: what is left to do here is to let the pairings finish. Undefined where it has not.
 */
export async function upgrade({ relay, logger, yieldPorts }: UpgradeOptions): Promise<number | undefined> {
  const { fd } = relay;
  if (fd === undefined) return undefined;
  const child = startSuccessor(fd);
  const { pid } = child;
  logger.info({ successor: pid }, 'upgrading');
  try {
    await ready(child);
    if (relay.draining) throw new Error('this relay was stopped in the meantime');
    yieldPorts();
    await relay.handOver(processChannel(child));
    logger.info({ successor: pid, rooms: relay.rooms }, 'handed over');
    child.unref();
    return pid;
  } catch (error) {
    child.kill('SIGKILL');
    const why = error instanceof Error ? error.message : String(error);
    logger.error({ successor: pid, why }, 'the upgrade failed, this relay goes on');
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
async function ready(child: ChildProcess): Promise<void> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), START_MS);
  const { signal } = given;
  try {
    await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`the successor ended with exit code ${String(code)}`);
      }),
    ]);
  } catch (error) {
    if (signal.aborted) throw new Error('the successor did not start in time', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    given.abort();
  }
}
