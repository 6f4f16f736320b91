import { type ReceiveOptions, TransferError } from './api.js';
import { parseCode } from './code.js';
import { dial } from './dial.js';
import { WrongCode } from './errors.js';
import type { Report } from './events.js';
import { Moved, Receiver } from './receiver.js';
import { reconnecting } from './reconnect.js';
import { Session } from './session.js';
import { toTransferError } from './transfer-errors.js';
import type { MoveMessage } from './transfer-messages.js';

/** When everything is here and the line is cut: how long the sender is tried to be told so, in milliseconds. */
const TELL_FOR_MS = 20_000;

/** Strangers in the sender's place that are borne once the transfer has begun. Each is one chance in four million. */
const GUESSES = 2;

/** Receives, over as many connections as it takes. @throws TransferError, the signal's reason, what `agree` throws */
export async function receive(options: ReceiveOptions, report: Report): Promise<void> {
  const { relay, giveUpAfterMs, signal } = options;
  const parsed = parseCode(options.code);
  if (!parsed.ok) throw new TransferError('wrong-code', parsed.problem);
  const { code, hint } = parsed;
  const receiver = new Receiver(options, code.nameplate, report);
  let guesses = 0;
  /** Where the sender told us to go on, if it did. */
  let moved: MoveMessage | undefined;
  try {
    await reconnecting({
      giveUpAfterMs: () => (receiver.isComplete ? Math.min(TELL_FOR_MS, giveUpAfterMs) : giveUpAfterMs),
      signal,
      report,
      countsWaiting: true,
      dial: (again, inTime) =>
        dial({
          ...relay,
          signal: inTime,
          // Coming back, the sender may not be there yet; and a relay that was restarted knows no room.
          request:
            moved === undefined
              ? { code: code.nameplate, role: 'receiver', retry: true, wait: again }
              : { code: moved.room, key: moved.key, role: 'receiver', retry: true, wait: true },
          onWaiting: (secondsLeft) => report({ event: 'waiting', secondsLeft }),
        }),
      agree: (socket) =>
        Session.asReceiver(
          socket,
          moved === undefined ? code : { nameplate: moved.room, password: moved.password },
        ),
      run: (session) => receiver.over(session),
      onError(error) {
        if (error instanceof WrongCode && receiver.hasBegun && guesses < GUESSES) {
          guesses += 1;
          return 'retry';
        }
        if (!(error instanceof Moved) || moved !== undefined) return 'judge';
        moved = error.move;
        return 'retry';
      },
    });
  } catch (error) {
    // Everything is here; only the sender could not be told.
    if (receiver.isComplete) return await receiver.settle();
    if (signal.aborted) throw signal.reason;
    if (error instanceof WrongCode && hint !== undefined) {
      throw new TransferError('wrong-code', `${error.message} ${hint}`, { cause: error });
    }
    throw toTransferError(error);
  } finally {
    await receiver.close();
  }
}
