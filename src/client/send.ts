import { randomBytes } from 'node:crypto';
import { type RelayAddress, type SendOptions, TransferError } from './api.js';
import { type Code, drawCode, formatCode, parseCode } from './code.js';
import { dial, RelayRefused } from './dial.js';
import { WrongCode } from './errors.js';
import type { Report } from './events.js';
import type { Line } from './line.js';
import { reconnecting } from './reconnect.js';
import { sendOver } from './send-over.js';
import { Session } from './session.js';
import { pathsSource, type Source, streamSource, textSource } from './source/source.js';
import { toTransferError } from './transfer-errors.js';
import { jsonMessage, type MoveMessage, TransferMessage } from './transfer-messages.js';

/** Guesses that a sender bears before it gives the code up: each is one chance in four million. */
const TRIES = 3;

/** Drawn nameplates that may be taken before something else must be wrong. */
const MAX_DRAWS = 20;

/**
 * Sends to each of the receivers, over as many connections as it takes.
 * @throws TransferError, the signal's reason
 */
export async function send(options: SendOptions, report: Report): Promise<void> {
  try {
    const source = await open(options);
    if (source.skipped > 0) report({ event: 'skipped', count: source.skipped });
    report({ event: 'offer', offer: source.offer });
    // Where several are served, that the door is open again is no news.
    const isSingle = options.receivers === 1;
    const door = new Door(options, (event) => {
      if (isSingle || event.event === 'code' || event.event === 'wrong-code') report(event);
    });
    if (isSingle) {
      await door.admit(async (session) => {
        report({ event: 'connected', peer: 1 });
        await sendOver(session, source, options.signal, report, 1);
      });
    } else {
      await sendToSeveral(door, source, options, report);
    }
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    throw toTransferError(error, 'sender');
  }
}

async function open({ source: from, receivers }: SendOptions): Promise<Source> {
  switch (from.kind) {
    case 'paths':
      return await pathsSource(from.paths);
    case 'text':
      return textSource(from.text);
    case 'stream':
      if (receivers > 1) {
        throw new TransferError(
          'source',
          'A stream can be read once, so it goes to one receiver. Send a file instead.',
        );
      }
      return streamSource(from.name, from.stream, Date.now());
  }
}

/** The room of the code, where receivers who know the words are let in. */
class Door {
  readonly #options: SendOptions;
  readonly #report: Report;
  readonly #isChosen: boolean;
  #code: Code;
  #triesLeft = TRIES;
  #draws = 1;
  #isAnnounced = false;

  /** @throws TransferError where the chosen code is none */
  constructor(options: SendOptions, report: Report) {
    const parsed = options.code === undefined ? undefined : parseCode(options.code);
    if (parsed?.ok === false) throw new TransferError('wrong-code', parsed.problem);
    this.#options = options;
    this.#report = report;
    this.#isChosen = parsed !== undefined;
    this.#code = parsed?.code ?? drawCode();
  }

  /** Lets one receiver in, and runs its transfer; again, if its line is cut, until that is done. */
  async admit(run: (session: Session) => Promise<void>, signal = this.#options.signal): Promise<void> {
    const { relay, giveUpAfterMs } = this.#options;
    await reconnecting({
      giveUpAfterMs: () => giveUpAfterMs,
      signal,
      report: this.#report,
      peer: 1,
      // It is there for whoever comes, however late.
      countsWaiting: false,
      dial: (_again, _signal, isIn) => this.#dial(relay, signal, isIn),
      agree: (socket) => Session.asSender(socket, this.#code),
      run,
      onError: (error, again) => this.#onError(error, again),
    });
  }

  async #dial(relay: RelayAddress, signal: AbortSignal, isIn: () => void): Promise<Line> {
    const socket = await dial({
      ...relay,
      signal,
      request: { code: this.#code.nameplate, role: 'sender', retry: true, token: this.#options.token },
      onWaiting: (secondsLeft) => {
        isIn();
        this.#announce();
        this.#report({ event: 'waiting', secondsLeft });
      },
    });
    this.#announce();
    return socket;
  }

  #announce(): void {
    if (!this.#isAnnounced) this.#report({ event: 'code', code: formatCode(this.#code) });
    this.#isAnnounced = true;
  }

  #onError(error: unknown, again: boolean): 'retry' | 'judge' {
    if (error instanceof WrongCode) {
      this.#triesLeft -= 1;
      this.#report({ event: 'wrong-code', triesLeft: this.#triesLeft });
      return this.#triesLeft > 0 ? 'retry' : 'judge';
    }
    if (!(error instanceof RelayRefused)) return 'judge';
    // Nobody came in time: the room is opened again for those who come later.
    if (error.token === 'room-expired') return 'retry';
    const isTaken = ['code-in-use', 'code-blocked', 'invalid-code'].includes(error.token);
    if (!isTaken || this.#isChosen || again || this.#isAnnounced || this.#draws >= MAX_DRAWS) return 'judge';
    this.#draws += 1;
    this.#code = drawCode();
    return 'retry';
  }
}

/** One of several receivers, with a room of its own that only it is told of. */
interface Place {
  readonly peer: number;
  readonly move: MoveMessage;
  readonly done: Promise<void>;
  state: 'running' | 'connected' | 'over';
}

/**
 * Lets each receiver in at the door, and sends it on to a room of its own: nobody waits for another, and the door is
 * free for the next one, and for one whose tool was started again.
 */
async function sendToSeveral(
  door: Door,
  source: Source,
  options: SendOptions,
  report: Report,
): Promise<void> {
  const { receivers, signal } = options;
  const places: Place[] = [];
  const closing = new AbortController();
  let allIn: () => void = () => undefined;
  let doorFailed: (error: unknown) => void = () => undefined;
  const untilAllIn = new Promise<void>((resolve, reject) => {
    allIn = resolve;
    doorFailed = reject;
  });
  const doorkeeper = async (): Promise<void> => {
    const isOpen = AbortSignal.any([signal, closing.signal]);
    while (!closing.signal.aborted) {
      await door.admit(async (session) => {
        const left = places.find(({ state }) => state === 'running');
        const place = places.length < receivers ? openPlace(places.length + 1) : left;
        if (place === undefined) {
          await session.send(jsonMessage(TransferMessage.stop, { why: 'full' }));
        } else {
          await session.send(jsonMessage(TransferMessage.move, place.move));
        }
        await session.end();
        if (places.length === receivers) allIn();
      }, isOpen);
    }
  };
  const openPlace = (peer: number): Place => {
    const move: MoveMessage = { room: secret(), key: secret(), password: secret() };
    const place: Place = {
      peer,
      move,
      state: 'running',
      done: sendInPlace(options, source, move, report, peer, (state) => (place.state = state)),
    };
    place.done.catch(() => undefined);
    places.push(place);
    return place;
  };

  const keeping = doorkeeper().catch((error: unknown) => {
    if (!closing.signal.aborted) doorFailed(error);
  });
  try {
    await untilAllIn;
  } finally {
    await Promise.allSettled(places.map(({ done }) => done));
    closing.abort(new Error('Every receiver is served.'));
    await keeping;
  }
  const failed = (await Promise.allSettled(places.map(({ done }) => done))).filter(
    (end): end is PromiseRejectedResult => end.status === 'rejected',
  );
  const [first] = failed;
  if (first !== undefined) {
    const error: unknown = toTransferError(first.reason, 'sender');
    const said = error instanceof Error ? error.message : String(error);
    throw new TransferError(
      error instanceof TransferError ? error.code : 'gave-up',
      `${failed.length} of ${receivers} receivers did not get everything. ${said}`,
      { cause: error },
    );
  }
}

function secret(): string {
  return randomBytes(16).toString('base64url');
}

/** The transfer to one receiver, in the room that it was told of. */
async function sendInPlace(
  { relay, token, giveUpAfterMs, signal }: SendOptions,
  source: Source,
  { room, key, password }: MoveMessage,
  report: Report,
  peer: number,
  onState: (state: Place['state']) => void,
): Promise<void> {
  try {
    await reconnecting({
      giveUpAfterMs: () => giveUpAfterMs,
      signal,
      report,
      peer,
      countsWaiting: false,
      dial: () =>
        dial({ ...relay, signal, request: { code: room, role: 'sender', retry: true, key, token } }),
      agree: (socket) => Session.asSender(socket, { nameplate: room, password }),
      async run(session) {
        onState('connected');
        report({ event: 'connected', peer });
        try {
          await sendOver(session, source, signal, report, peer);
        } finally {
          onState('running');
        }
      },
      onError: () => 'judge',
    });
  } finally {
    onState('over');
  }
}
