import { type ReceiveOptions, TransferError } from './api.js';
import { parseCode } from './code.js';
import { dial, RelayRefused } from './dial.js';
import { WrongCode } from './errors.js';
import type { Report } from './events.js';
import { checkOutput } from './landing/landing.js';
import { FirstSender } from './first-sender.js';
import { Moved, Receiver } from './receiver.js';
import { reconnecting } from './reconnect.js';
import { Session } from './session.js';
import { toTransferError } from './transfer-errors.js';
import type { MoveMessage } from './transfer-messages.js';

/** When everything is here and the line is cut: how long the sender is tried to be told so, in milliseconds. */
const TELL_FOR_MS = 20_000;

/**
 * Answers that no confirmation followed, in all. Each may have told a stranger in the sender's place whether one guess
 * was right, one chance in four million; also where the line was cut then, which a stranger does to look like bad luck.
 */
const MAX_UNCONFIRMED = 3;

/** Receives, over as many connections as it takes. @throws TransferError, the signal's reason, what `agree` throws */
export async function receive(options: ReceiveOptions, report: Report): Promise<void> {
  const { relay, giveUpAfterMs, signal } = options;
  const parsed = parseCode(options.code);
  if (!parsed.ok) throw new TransferError('wrong-code', parsed.problem);
  const { code, hint } = parsed;
  await checkPlace(options);
  const receiver = new Receiver(options, code.nameplate, report);
  const first = new FirstSender(options.wait === true ? giveUpAfterMs : undefined);
  let unconfirmed = 0;
  /** Where the sender told us to go on, if it did. */
  let moved: MoveMessage | undefined;
  try {
    await reconnecting({
      giveUpAfterMs: () => (receiver.isComplete ? Math.min(TELL_FOR_MS, giveUpAfterMs) : giveUpAfterMs),
      signal,
      report,
      peer: 1,
      countsWaiting: true,
      dial: (again, inTime, isIn) =>
        first.before(inTime, (signal, secondsLeftOf) =>
          dial({
            ...relay,
            signal,
            // Coming back, the sender may not be there yet; and a relay that was restarted knows no room.
            request:
              moved === undefined
                ? { code: code.nameplate, role: 'receiver', retry: true, wait: again || first.isAwaited }
                : { code: moved.room, key: moved.key, role: 'receiver', retry: true, wait: true },
            onWaiting(secondsLeft) {
              if (first.isAwaited) isIn();
              report({ event: 'waiting', secondsLeft: secondsLeftOf(secondsLeft) });
            },
          }),
        ),
      async agree(socket) {
        // Nobody guesses at these.
        if (moved !== undefined)
          return await Session.asReceiver(socket, { nameplate: moved.room, password: moved.password });
        const session = await Session.asReceiver(socket, code, () => (unconfirmed += 1));
        unconfirmed -= 1;
        return session;
      },
      run: (session) => receiver.over(session),
      onError(error) {
        if (error instanceof Moved && moved === undefined) {
          moved = error.move;
          return 'retry';
        }
        // Nobody came as long as the relay waits: the room is opened again.
        if (first.isAwaited && error instanceof RelayRefused && error.token === 'room-expired')
          return 'retry';
        if (unconfirmed >= MAX_UNCONFIRMED) throw tooManyGuesses(error);
        return error instanceof WrongCode && receiver.hasBegun ? 'retry' : 'judge';
      },
    });
  } catch (error) {
    // Everything is here; only the sender could not be told.
    if (receiver.isComplete) return await receiver.settle();
    if (signal.aborted) throw signal.reason;
    if (error instanceof WrongCode && hint !== undefined) {
      throw new TransferError('wrong-code', `${error.message} ${hint}`, { cause: error });
    }
    throw toTransferError(error, 'receiver');
  } finally {
    await receiver.close();
  }
}

/**
 * Says before the relay is asked, and before the sender's code is used up, that what comes cannot land there.
 * @throws TransferError
 */
export async function checkPlace({ output, cwd }: Pick<ReceiveOptions, 'output' | 'cwd'>): Promise<void> {
  // Where nothing is chosen, a text may come, which needs no place.
  if (output === undefined || output === '-') return;
  await checkOutput(output, cwd).catch((error: unknown) => {
    throw toTransferError(error, 'receiver');
  });
}

function tooManyGuesses(cause: unknown): TransferError {
  return new TransferError(
    'wrong-code',
    `${MAX_UNCONFIRMED} times somebody in the sender's place did not show that they know the code. ` +
      'It may be guessed at: ask the sender to send again, with a new one.',
    { cause },
  );
}
