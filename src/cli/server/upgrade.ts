import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { processChannel } from '../../ops/process-channel.js';
import type { Relay } from '../../relay/relay.js';
import { startSuccessor, type Successor } from './successor.js';

/**
 * How long a successor may take to start, and then to take over, in milliseconds. It loads from a cold disk, on a busy machine;
 * and until it listens, whoever connects waits.
 */
const PATIENCE_MS = 30_000;

/** How long one that has failed may take to say why, and to close what it has opened. */
const LAST_WORDS_MS = 2_000;

/** How often it is looked for then: it is no child of this process. */
const LOOK_MS = 20;

/** How long one that is killed may still be there. (Of a process whose parent does not ask, the system keeps the number.) */
const KILLED_MS = 1_000;

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
  let successor: Successor | undefined;
  try {
    successor = await startSuccessor(fd);
    logger.info({ successor: successor.pid }, 'upgrading');
    await ready(successor, stopping);
    yieldPorts();
    await handOver(relay, successor);
    logger.info({ successor: successor.pid, rooms: relay.rooms }, 'handed over');
    return successor.pid;
  } catch (error) {
    if (successor !== undefined) await ended(successor, stopping.aborted ? 0 : LAST_WORDS_MS);
    const why = error instanceof Error ? error.message : String(error);
    logger.error({ successor: successor?.pid, why }, 'the upgrade failed, this relay goes on');
    return undefined;
  }
}

/** Resolves when it says that it can run. */
async function ready({ channel }: Successor, stopping: AbortSignal): Promise<void> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  const signal = AbortSignal.any([given.signal, stopping]);
  try {
    await Promise.race([
      once(channel, 'message', { signal }),
      once(channel, 'disconnect', { signal }).then(() => {
        throw new Error('the successor ended before it could run');
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
async function ended(successor: Successor, withinMs: number): Promise<void> {
  for (let waitedMs = 0; successor.isAlive && waitedMs < withinMs + KILLED_MS; waitedMs += LOOK_MS) {
    if (waitedMs >= withinMs) successor.kill();
    await delay(LOOK_MS);
  }
}

/** One that stands still is ended: this relay has its work back then. */
async function handOver(relay: Relay, successor: Successor): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    successor.kill();
  }, PATIENCE_MS);
  try {
    await relay.handOver(processChannel(successor.channel));
  } catch (error) {
    if (late.signal.aborted) throw new Error('the successor did not take over in time', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
