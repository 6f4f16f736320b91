import { type ReceiveOptions, TransferError } from './api.js';
import type { Code } from '../transfer/code.js';
import { nodePlatform } from './platform.js';
import { dial } from './dial.js';
import { RelayRefused } from './join.js';
import { WrongCode } from '../transfer/errors.js';
import type { Report } from './events.js';
import type { Line } from '../transfer/line.js';
import { FirstSender } from './first-sender.js';
import { heard } from './private-way.js';
import type { Way } from './reconnect.js';
import { NotConfirmed } from './line-cut.js';
import { Session } from './session.js';
import { Strangers } from './strangers.js';
import type { Timing } from './timing.js';

/**
 * Answers that no confirmation followed, in all. Each may have told a stranger in the sender's place whether one guess
 * was right, one chance in four million; also where the line was cut then, which a stranger does to look like bad luck.
 */
const MAX_UNCONFIRMED = 3;

/** The room of the code, where a receiver finds its sender. */
export class ReceiverDoor implements Way {
  readonly #options: ReceiveOptions;
  readonly #code: Code;
  readonly #timing: Timing;
  readonly #strangers: Strangers;
  /** The true sender was there. */
  readonly #first: FirstSender;
  #hasMet = false;
  #unconfirmed = 0;

  constructor(options: ReceiveOptions, code: Code, report: Report, timing: Timing) {
    this.#options = options;
    this.#code = code;
    this.#timing = timing;
    this.#first = new FirstSender(options.wait === true ? options.giveUpAfterMs : undefined);
    this.#strangers = new Strangers('receiver', timing.waitsMs, report);
  }

  readonly dial: Way['dial'] = async (signal, again, onWaiting) => {
    const { relay } = this.#options;
    const first = this.#first;
    const away = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await first.before(AbortSignal.any([signal, away.signal]), (inTime, secondsLeftOf) =>
        dial({
          ...relay,
          signal: inTime,
          // Coming back, the sender may not be there yet; and a relay that was restarted knows no room.
          request: {
            ...{ code: this.#code.nameplate, role: 'receiver', retry: true },
            wait: again || first.isAwaited,
          },
          onWaiting: (secondsLeft) => {
            onWaiting(secondsLeftOf(secondsLeft));
            if (!this.#hasMet && !first.isAwaited)
              timer ??= setTimeout(() => away.abort(gone()), this.#timing.awayForMs);
          },
        }),
      );
    } catch (error) {
      const hasExpired = error instanceof RelayRefused && error.token === 'room-expired';
      throw hasExpired && !this.#hasMet && !first.isAwaited ? gone(error) : error;
    } finally {
      clearTimeout(timer);
    }
  };

  readonly agree = async (line: Line): Promise<Session> => {
    const session = await Session.asReceiver(line, this.#code, nodePlatform, {
      ...this.#timing,
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
