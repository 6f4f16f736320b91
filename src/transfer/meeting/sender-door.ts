import { TransferError } from '../transfer-error.js';
import { type Code, drawCode, randomBelow, formatCode, parseCode } from '../code.js';
import type { Context } from '../context.js';
import { join } from './join.js';
import { NotConfirmed, RelayRefused } from '../line-errors.js';
import { WrongCode } from '../errors.js';
import type { Report } from '../events.js';
import type { Line } from '../line.js';
import type { Way } from './reconnect.js';
import { Session } from '../channel/session.js';
import { Strangers } from './strangers.js';

/** Guesses that a sender bears before it gives the code up: each is one chance in four million. */
const TRIES = 3;

/** Drawn nameplates that may be taken before something else must be wrong. */
const MAX_DRAWS = 20;

/** Somebody was in the room of a code that nobody had been told yet. */
class LainInWait extends Error {
  override readonly name = 'LainInWait';
}

export interface SenderDoorOptions {
  /** Chosen by a person, as typed. Undefined: one is drawn. */
  readonly code?: string | undefined;
  /** Shown to the relay alone, which may know its senders: 1 to 64 of the code alphabet. */
  readonly token?: string | undefined;
}

/** The room of the code, where receivers who know the words are let in. */
export class SenderDoor implements Way {
  readonly #context: Context;
  readonly #token: string | undefined;
  readonly #report: Report;
  readonly #strangers: Strangers;
  readonly #isChosen: boolean;
  #code: Code;
  #triesLeft = TRIES;
  #draws = 1;
  #isAnnounced = false;

  /** @throws TransferError where the chosen code is none */
  constructor({ code, token }: SenderDoorOptions, context: Context, report: Report) {
    const parsed = code === undefined ? undefined : parseCode(code);
    if (parsed?.ok === false) throw new TransferError('wrong-code', parsed.problem);
    this.#context = context;
    this.#token = token;
    this.#report = report;
    this.#strangers = new Strangers('sender', context.timing.waitsMs, report);
    this.#isChosen = parsed !== undefined;
    this.#code = parsed?.code ?? this.#draw();
  }

  readonly dial: Way['dial'] = async (signal, _again, onWaiting) => {
    const line = await join(this.#context, {
      signal,
      request: { code: this.#code.nameplate, role: 'sender', retry: true, token: this.#token },
      onWaiting: (secondsLeft) => {
        this.#announce();
        onWaiting(secondsLeft);
      },
    });
    if (!this.#isAnnounced && !this.#isChosen) {
      line.abandon();
      throw new LainInWait();
    }
    this.#announce();
    return line;
  };

  readonly agree = async (line: Line): Promise<Session> => {
    const session = await Session.asSender(line, this.#code, this.#context);
    this.#strangers.met();
    return session;
  };

  readonly judge: Way['judge'] = (error, again) => {
    if (error instanceof WrongCode) {
      this.#triesLeft -= 1;
      this.#report({ event: 'wrong-code', triesLeft: this.#triesLeft });
      if (this.#triesLeft > 0) return 'retry';
      throw error;
    }
    if (error instanceof NotConfirmed && error.isTheirs) return this.#strangers.bear(error);
    if (error instanceof LainInWait) {
      if (this.#drawAnew()) return 'retry';
      throw new TransferError(
        'in-the-way',
        `At ${MAX_DRAWS} new codes somebody was there before anybody could know them. Use another relay, or a longer code with --code.`,
      );
    }
    if (!(error instanceof RelayRefused)) return 'judge';
    // Nobody came in time: the room is opened again for those who come later.
    if (error.token === 'room-expired') return 'retry';
    const isTaken = ['code-in-use', 'code-blocked', 'invalid-code'].includes(error.token);
    const isNew = !this.#isChosen && !again && !this.#isAnnounced;
    return isTaken && isNew && this.#drawAnew() ? 'retry' : 'judge';
  };

  #drawAnew(): boolean {
    if (this.#draws >= MAX_DRAWS) return false;
    this.#draws += 1;
    this.#code = this.#draw();
    return true;
  }

  #draw(): Code {
    return drawCode((max) => randomBelow(max, this.#context.platform));
  }

  #announce(): void {
    if (!this.#isAnnounced) this.#report({ event: 'code', code: formatCode(this.#code) });
    this.#isAnnounced = true;
  }
}
