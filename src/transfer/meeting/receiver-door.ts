import { TransferError } from '../transfer-error.js';
import type { Code } from '../code.js';
import { Cancellation } from '../cancellation.js';
import type { Context } from '../context.js';
import { join } from './join.js';
import { NotConfirmed, RelayRefused } from '../line-errors.js';
import { WrongCode } from '../errors.js';
import type { Report } from '../events.js';
import type { Line } from '../line.js';
import { FirstSender } from './first-sender.js';
import { heard } from './private-way.js';
import type { Way } from './reconnect.js';
import { Session } from '../channel/session.js';
import { Strangers } from './strangers.js';

/**
 * Answers that no confirmation followed, in all. Each may have told a stranger in the sender's place whether one guess
 * was right, one chance in four million; also where the line was cut then, which a stranger does to look like bad luck.
 */
const MAX_UNCONFIRMED = 3;

/** The room of the code, where a receiver finds its sender. */
export class ReceiverDoor implements Way {
  readonly #context: Context;
  readonly #code: Code;
  readonly #strangers: Strangers;
  /** The true sender was there. */
  readonly #first: FirstSender;
  #hasMet = false;
  #unconfirmed = 0;

  /** @param waitForMs how long it waits for a sender that is not there yet; undefined: not at all */
  constructor(code: Code, waitForMs: number | undefined, context: Context, report: Report) {
    this.#context = context;
    this.#code = code;
    this.#first = new FirstSender(waitForMs, context.platform);
    this.#strangers = new Strangers('receiver', context.timing.waitsMs, report);
  }

  readonly dial: Way['dial'] = async (signal, again, onWaiting) => {
    const { platform, timing } = this.#context;
    const first = this.#first;
    const isHere = new Cancellation(signal);
    let stopWaiting: (() => void) | undefined;
    try {
      return await first.before(isHere, (inTime, secondsLeftOf) =>
        join(this.#context, {
          signal: inTime,
          // Coming back, the sender may not be there yet; and a relay that was restarted knows no room.
          request: {
            ...{ code: this.#code.nameplate, role: 'receiver', retry: true },
            wait: again || first.isAwaited,
          },
          onWaiting: (secondsLeft) => {
            onWaiting(secondsLeftOf(secondsLeft));
            if (!this.#hasMet && !first.isAwaited)
              stopWaiting ??= platform.startTimer(timing.awayForMs, () => isHere.abort(gone()));
          },
        }),
      );
    } catch (error) {
      const hasExpired = error instanceof RelayRefused && error.token === 'room-expired';
      throw hasExpired && !this.#hasMet && !first.isAwaited ? gone(error) : error;
    } finally {
      stopWaiting?.();
      isHere.release();
    }
  };

  readonly agree = async (line: Line): Promise<Session> => {
    const session = await Session.asReceiver(line, this.#code, this.#context, {
      onAnswer: () => (this.#unconfirmed += 1),
    });
    this.#unconfirmed -= 1;
    this.#strangers.met();
    await heard(session);
    this.#hasMet = true;
    this.#first.met();
    return session;
  };

  readonly judge: Way['judge'] = (error) => {
    // Nobody came as long as the relay waits: the room is opened again.
    if (this.#first.isAwaited && error instanceof RelayRefused && error.token === 'room-expired')
      return 'retry';
    if (this.#unconfirmed >= MAX_UNCONFIRMED) throw tooManyGuesses(error);
    if (error instanceof WrongCode && this.#hasMet) return 'retry';
    if (error instanceof NotConfirmed && error.isTheirs) return this.#strangers.bear(error);
    return 'judge';
  };
}

/** A relay holds a room for some minutes after somebody was in it, and cannot say whether they mean to come back. */
function gone(cause?: unknown): TransferError {
  return new TransferError(
    'nobody-there',
    'The sender with that code was there, and does not come back: it has given the code up, or its line is down. Ask the sender.',
    { cause },
  );
}

function tooManyGuesses(cause: unknown): TransferError {
  return new TransferError(
    'wrong-code',
    `${MAX_UNCONFIRMED} times somebody in the sender's place did not show that they know the code. ` +
      'It may be guessed at: ask the sender to send again, with a new one.',
    { cause },
  );
}
