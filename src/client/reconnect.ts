import { setTimeout as sleep } from 'node:timers/promises';
import { TransferError } from './api.js';
import { RelayRefused, RelayUnreachable } from './dial.js';
import type { Report } from './events.js';
import { type Line, resetAtOnce } from './line.js';
import { LineCut, RelayEnded, type Session } from './session.js';
import { within } from './within.js';

/** Waits between two tries, in milliseconds; the last one again and again. Sixteen of them in the first minute is the
 * most that this makes, well inside a relay's usual limit for one code. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

/** How long a place in the room that is still taken is waited for: by our own line that was cut, as a rule. */
const TAKEN_FOR_MS = 60_000;
const DOOR_FOR_MS = 15_000;

export interface ReconnectOptions {
  /** How long it may go on without a line that works. Asked after each cut. */
  readonly giveUpAfterMs: () => number;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Whose line it is, as events say it. */
  readonly peer: number;
  /**
   * Joins the room. `again`: this side was in it before. `isIn` is to be called while it waits there, by a side that
   * comes back to wait: it was promised to whoever comes.
   */
  readonly dial: (again: boolean, signal: AbortSignal, isIn: () => void) => Promise<Line>;
  /** Waiting for the other side counts as time without a line, too. */
  readonly countsWaiting: boolean;
  readonly agree: (line: Line) => Promise<Session>;
  /** The transfer over one session, to its end. */
  readonly run: (session: Session) => Promise<void>;
  /** Asked first. `retry`: dial again at once. `judge`: by what kind of error it is. */
  readonly onError: (error: unknown, again: boolean) => 'retry' | 'judge';
}

/**
 * Runs a transfer over as many connections as it takes. A line that was cut comes back by itself, with growing waits,
 * until `giveUpAfterMs` have passed since it last worked; everything else ends it.
 */
export async function reconnecting(options: ReconnectOptions): Promise<void> {
  const { signal, report, peer } = options;
  let again = false;
  let workedAt = performance.now();
  let tries = 0;
  for (;;) {
    let session: Session | undefined;
    let wasIn = false as boolean;
    const isIn = (): void => {
      wasIn = again = true;
    };
    try {
      signal.throwIfAborted();
      const leftMs = options.giveUpAfterMs() - (performance.now() - workedAt);
      const line = await (again && options.countsWaiting
        ? within(leftMs, notBack, signal, (inTime) => options.dial(true, inTime, isIn))
        : options.dial(again, signal, isIn));
      again = true;
      const onAbort = (): void => resetAtOnce(line);
      signal.addEventListener('abort', onAbort);
      session = await options.agree(line).finally(() => signal.removeEventListener('abort', onAbort));
      signal.throwIfAborted();
      await options.run(session);
      return;
    } catch (error) {
      session?.abandon();
      if (session !== undefined || wasIn) workedAt = performance.now();
      if (session !== undefined) tries = 0;
      if (signal.aborted) throw signal.reason;
      if (options.onError(error, again) === 'retry') continue;
      const patienceMs = patience(error, again, options.giveUpAfterMs());
      if (patienceMs === undefined) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const waitMs = Math.max(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] ?? 0, asked(error));
      tries += 1;
      if (performance.now() + waitMs - workedAt > patienceMs) throw again ? gaveUp(error, why) : error;
      report({ event: 'cut', why, retryInMs: waitMs, peer });
      await sleep(waitMs, undefined, { signal });
    }
  }
}

const notBack = (): LineCut => new LineCut('The other side did not come back.');

/** For how long another try is worth it, since it last worked; undefined: it is not. */
function patience(error: unknown, again: boolean, giveUpAfterMs: number): number | undefined {
  if (error instanceof RelayEnded) return undefined;
  if (error instanceof LineCut) return giveUpAfterMs;
  if (error instanceof RelayUnreachable) return again ? giveUpAfterMs : undefined;
  if (!(error instanceof RelayRefused)) return undefined;
  switch (error.token) {
    case 'rate-limited':
      return Math.max(giveUpAfterMs, TAKEN_FOR_MS);
    case 'code-in-use':
      return Math.min(giveUpAfterMs, TAKEN_FOR_MS);
    case 'room-full':
      // At first, another of several receivers is at the door, as a rule.
      return Math.min(giveUpAfterMs, again ? TAKEN_FOR_MS : DOOR_FOR_MS);
    case 'server-full':
    case 'shutting-down':
    case 'handshake-timeout':
    case 'room-expired':
      return again ? giveUpAfterMs : undefined;
    default:
      return undefined;
  }
}

/** How long the relay asked us to wait, in milliseconds. */
function asked(error: unknown): number {
  const seconds =
    error instanceof RelayRefused ? /Try again in (\d+) seconds/.exec(error.said)?.[1] : undefined;
  return seconds === undefined ? 0 : Number(seconds) * 1000;
}

function gaveUp(error: unknown, why: string): TransferError {
  return new TransferError(
    'gave-up',
    `The line was cut and did not come back in time. ${why} Run the same command with the same code to go on.`,
    { cause: error },
  );
}
