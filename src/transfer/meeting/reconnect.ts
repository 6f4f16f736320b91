import { TransferError } from '../transfer-error.js';
import { MetElsewhere } from './join.js';
import { LineCut, RelayEnded, RelayRefused, RelayUnreachable } from '../line-errors.js';
import type { Report } from '../events.js';
import type { Line } from '../line.js';
import type { PrivateRoom } from '../keys/private-room.js';
import type { Session } from '../channel/session.js';
import { refusal } from '../explain.js';
import type { Context } from '../context.js';
import type { Platform } from '../platform.js';
import { Cancellation, type Signal } from '../cancellation.js';
import { sleep, within } from '../within.js';

/** How long a place in the room that is still taken is waited for: by our own line that was cut, or by a stranger. */
const TAKEN_FOR_MS = 60_000;

/**
 * A relay counts a sender that finds its place taken as one who looks for codes; ten in five minutes are too many. The
 * first times it is its own line as a rule, which will be gone. In milliseconds.
 */
const TAKEN_AGAIN_MS = 10_000;
const TAKEN_ASIDE_MS = 60_000;

/** How a side comes to the other one: through the code's own room, the door, or through the private room of the two. */
export interface Way {
  /**
   * Joins the room, and waits in it.
   * @param again this side was in one before
   */
  readonly dial: (signal: Signal, again: boolean, onWaiting: (secondsLeft: number) => void) => Promise<Line>;
  /** @param line dropped by whoever calls it, where it takes too long */
  readonly agree: (line: Line) => Promise<Session>;
  /**
   * Asked about whatever went wrong, before it counts. `retry`: at once. A number: come back in so many milliseconds, however
   * long it takes. `judge`: by what kind of error it is.
   * @throws what closes this way
   */
  readonly judge: (error: unknown, again: boolean) => 'retry' | 'judge' | number;
}

export interface ReconnectOptions {
  /** How long it may go on without a line that works. Asked after each cut. */
  readonly giveUpAfterMs: () => number;
  readonly signal: Signal;
  readonly report: Report;
  /** Whose line it is, as events say it. */
  readonly peer: number;
  /** Waiting for the other side counts as time without a line, too. */
  readonly countsWaiting: boolean;
  /** The code's own room. Undefined: there is only a private one. */
  readonly door: Way | undefined;
  /** So long after a cut it is gone to as well, where there is a private room. In milliseconds. */
  readonly doorAfterMs: number;
  /** How it comes to a private room. Undefined: it keeps to the door. */
  readonly privately: ((room: PrivateRoom) => Way) | undefined;
  /** Where the other side was told to come. Each session that began at the door makes the next such room. */
  readonly room?: PrivateRoom | undefined;
  /** The transfer over one session, to its end; or the room where it goes on, and nowhere else. */
  readonly run: (session: Session) => Promise<PrivateRoom | undefined>;
  /** It is over, and the other side, which knows this room, is not there to be told. */
  readonly leave?: (room: PrivateRoom) => Promise<void>;
  readonly context: Pick<Context, 'platform' | 'timing'>;
}

/**
 * Runs a transfer over as many connections as it takes. A line that was cut comes back by itself, with growing waits,
 * until `giveUpAfterMs` have passed since it last worked; everything else ends it.
 */
export async function reconnecting(options: ReconnectOptions): Promise<void> {
  await new Reconnecting(options).toTheEnd();
}

class Reconnecting {
  readonly #options: ReconnectOptions;
  readonly #platform: Platform;
  readonly #waitsMs: readonly number[];
  #door: Way | undefined;
  #room: PrivateRoom | undefined;
  /** Why nobody is let in at the door any more, where the private room is left. */
  #doorClosed: { readonly because: unknown } | undefined;
  /** It was in a room. */
  #again = false;
  /** The two have shown each other that they know the code. */
  #hasMet = false;
  #workedAt: number;

  constructor(options: ReconnectOptions) {
    this.#options = options;
    this.#platform = options.context.platform;
    this.#waitsMs = options.context.timing.waitsMs;
    this.#workedAt = this.#platform.now();
    this.#door = options.door;
    this.#room = options.room;
  }

  async toTheEnd(): Promise<void> {
    const { signal, run } = this.#options;
    let cut: LineCut | undefined;
    for (;;) {
      const session = await this.#meet(cut);
      this.#hasMet = this.#again = true;
      try {
        signal.throwIfAborted();
        const goesOn = await run(session);
        if (goesOn === undefined) return;
        this.#room = goesOn;
        this.#door = cut = undefined;
      } catch (error) {
        session.abandon();
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof LineCut) || error instanceof RelayEnded) throw error;
        cut = error;
      }
      this.#workedAt = this.#platform.now();
    }
  }

  /** The first session that somebody agrees to, who knows the code or the private room. */
  async #meet(cut: LineCut | undefined): Promise<Session> {
    const room = this.#room;
    const { privately } = this.#options;
    const door = this.#doorClosed === undefined ? this.#door : undefined;
    if (room === undefined || privately === undefined) {
      if (door === undefined) throw new Error('There is no way to come back.');
      return this.#atDoor(await this.#comeBy(door, this.#options.signal, cut));
    }
    try {
      return await this.#meetInEither(privately(room), door, cut);
    } catch (error) {
      await this.#options.leave?.(room).catch(() => undefined);
      throw this.#doorClosed !== undefined && !this.#options.signal.aborted
        ? this.#doorClosed.because
        : error;
    }
  }

  async #meetInEither(privately: Way, door: Way | undefined, cut: LineCut | undefined): Promise<Session> {
    const signal = new Cancellation(this.#options.signal);
    let isOver = false as boolean;
    const inPrivate = this.#comeBy(privately, signal, cut);
    const atDoor = door === undefined ? undefined : this.#comeBy(door, signal, cut, true);
    try {
      return await new Promise<Session>((resolve, reject) => {
        const met = (session: Session, isAtDoor: boolean): void => {
          // The sender decides by what it says first, and a receiver waits for that: whatever else was agreed is dropped.
          if (isOver) return session.abandon();
          isOver = true;
          signal.abort(new MetElsewhere());
          resolve(isAtDoor ? this.#atDoor(session) : session);
        };
        inPrivate.then((session) => met(session, false), reject);
        atDoor?.then(
          (session) => met(session, true),
          (error: unknown) => {
            if (!signal.aborted) this.#doorClosed = { because: error };
          },
        );
      });
    } finally {
      isOver = true;
      signal.abort(new MetElsewhere());
    }
  }

  #atDoor(session: Session): Session {
    this.#room = session.privateRoom;
    return session;
  }

  /**
   * Comes to a room, again and again, until there is a session.
   * @param isAside the other way is the one that counts: of this one nothing is told, and it does not end
   */
  async #comeBy(way: Way, signal: Signal, cut: LineCut | undefined, isAside = false): Promise<Session> {
    if (isAside)
      await sleep(Math.max(this.#waitsMs[0] ?? 0, this.#options.doorAfterMs), signal, this.#platform);
    else if (cut !== undefined) await this.#pause(way, cut, 0, signal, false);
    for (let tries = cut === undefined ? 0 : 1; ; tries += 1) {
      try {
        return await this.#tryBy(way, signal, isAside);
      } catch (error) {
        signal.throwIfAborted();
        await this.#pause(way, error, tries, signal, isAside);
      }
    }
  }

  async #tryBy(way: Way, signal: Signal, isAside: boolean): Promise<Session> {
    const { report, giveUpAfterMs } = this.#options;
    const leftMs =
      this.#hasMet && this.#countsWaiting
        ? giveUpAfterMs() - (this.#platform.now() - this.#workedAt)
        : Infinity;
    let isWaiting = false as boolean;
    const onWaiting = (secondsLeft: number): void => {
      if (!isAside) report({ event: 'waiting', secondsLeft });
      // It was promised to whoever comes; or whoever comes was not there yet.
      isWaiting = !this.#countsWaiting || !this.#hasMet;
      this.#again ||= isWaiting;
    };
    const line = await within(leftMs, notBack, signal, this.#platform, (inTime) =>
      way.dial(inTime, this.#again, onWaiting),
    ).finally(() => {
      if (isWaiting) this.#workedAt = this.#platform.now();
    });
    this.#again = true;
    // Who comes before anybody is known is counted, not timed.
    if (!this.#hasMet) this.#workedAt = this.#platform.now();
    const onAbort = (): void => line.abandon();
    signal.addEventListener('abort', onAbort);
    try {
      return await way.agree(line);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Where nobody new is let in, there is somebody to wait for only as long as the other side may come back. */
  get #countsWaiting(): boolean {
    return this.#options.countsWaiting || this.#doorClosed !== undefined;
  }

  /** Until the next try. @throws what it was, where there will be none */
  async #pause(way: Way, error: unknown, tries: number, signal: Signal, isAside: boolean): Promise<void> {
    const { giveUpAfterMs, report, peer } = this.#options;
    const verdict = way.judge(error, this.#again);
    if (verdict === 'retry') return;
    if (verdict !== 'judge') return await sleep(verdict, signal, this.#platform);
    const usualMs = this.#waitsMs[Math.min(tries, this.#waitsMs.length - 1)] ?? 0;
    const waitMs = Math.max(usualMs, asked(error), whileTaken(error, tries, isAside));
    if (!isAside) {
      const patienceMs = patience(error, this.#again, giveUpAfterMs());
      if (patienceMs === undefined) throw error;
      const why = whyOf(error);
      if (this.#platform.now() + waitMs - this.#workedAt > patienceMs)
        throw this.#again ? gaveUp(error, why) : error;
      report({ event: 'cut', why, retryInMs: waitMs, peer });
    }
    await sleep(waitMs, signal, this.#platform);
  }
}

/** A sentence for whoever is at this side. */
function whyOf(error: unknown): string {
  if (error instanceof RelayRefused) return refusal(error.told, error.side).message;
  return error instanceof Error ? error.message : String(error);
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
    // A stranger may sit in the place until its first word is due; or another of several receivers is at the door.
    case 'room-full':
      return Math.min(giveUpAfterMs, TAKEN_FOR_MS);
    case 'server-full':
    case 'shutting-down':
    case 'handshake-timeout':
    case 'room-expired':
      return again ? giveUpAfterMs : undefined;
    default:
      return undefined;
  }
}

function whileTaken(error: unknown, tries: number, isAside: boolean): number {
  if (!(error instanceof RelayRefused) || error.token !== 'code-in-use') return 0;
  if (isAside) return TAKEN_ASIDE_MS;
  return tries > 1 ? TAKEN_AGAIN_MS : 0;
}

/** A relay that asks for more is no relay that waits for us; and a timer takes no more than 2^31-1 ms. */
const MAX_ASKED_MS = 3_600_000;

/** How long the relay asked us to wait, in milliseconds. */
function asked(error: unknown): number {
  const { retryAfterSeconds = 0 } = error instanceof RelayRefused ? error.told : {};
  return Math.min(retryAfterSeconds * 1000, MAX_ASKED_MS);
}

function gaveUp(error: unknown, why: string): TransferError {
  return new TransferError(
    'gave-up',
    `The line was cut and did not come back in time. ${why} Run the same command with the same code to go on.`,
    { cause: error },
  );
}
