import type { Report } from '../events.js';
import { expectNone } from '../failed-entries.js';
import { leaveNote } from '../meeting/leave-note.js';
import { privateWay } from '../meeting/private-way.js';
import { ReceiverDoor } from '../meeting/receiver-door.js';
import { Receiver } from './receiver.js';
import { reconnecting } from '../meeting/reconnect.js';
import { toTransferError } from '../explain.js';
import type { Signal } from '../cancellation.js';
import { parseCode } from '../code.js';
import type { Context } from '../context.js';
import { WrongCode } from '../errors.js';
import type { Answer, Place, ReceivePlan } from '../landing.js';
import { TransferError } from '../transfer-error.js';

/** When everything is here and the line is cut: how long the sender is tried to be told so, in milliseconds. */
const TELL_FOR_MS = 20_000;

export interface ReceiveOptions {
  /** As typed. */
  readonly code: string;
  readonly place: Place;
  /** Asked once, before the first byte. What it rejects with, `receive` rejects with. */
  readonly agree: (plan: ReceivePlan) => Promise<Answer>;
  /** Waits for a sender that is not there yet, for `giveUpAfterMs`. */
  readonly wait?: boolean | undefined;
  /** How long it tries to come back after the line was cut. */
  readonly giveUpAfterMs: number;
  /** Ends the transfer, so that it can be resumed; the promise rejects with the signal's reason. */
  readonly signal: Signal;
}

/**
 * Receives, over as many connections as it takes. Resolves when every byte is verified and in its place.
 * @throws TransferError, the signal's reason, what `agree` throws
 */
export async function receive(options: ReceiveOptions, context: Context, report: Report): Promise<void> {
  const { place, wait, giveUpAfterMs, signal } = options;
  const parsed = parseCode(options.code);
  if (!parsed.ok) throw new TransferError('wrong-code', parsed.problem);
  const { code, hint } = parsed;
  await place.check().catch((error: unknown) => {
    throw toTransferError(error, 'receiver');
  });
  const receiver = new Receiver(options, code.nameplate, report, () => context.platform.now());
  const own = { side: 'receiver' } as const;
  try {
    await reconnecting({
      giveUpAfterMs: () => (receiver.isComplete ? Math.min(TELL_FOR_MS, giveUpAfterMs) : giveUpAfterMs),
      signal,
      report,
      peer: 1,
      countsWaiting: true,
      door: new ReceiverDoor(code, wait === true ? giveUpAfterMs : undefined, context, report),
      doorAfterMs: context.timing.doorAfterMs.receiver,
      privately: (room) => privateWay(room, own, context),
      run: (session) => receiver.over(session),
      async leave(room) {
        if (!receiver.isComplete) await leaveNote(room, own, context);
      },
      context,
    });
    await settled(receiver);
  } catch (error) {
    // Everything is here; only the sender could not be told.
    if (receiver.isComplete) return await settled(receiver);
    if (signal.aborted) throw signal.reason;
    if (error instanceof WrongCode && hint !== undefined) {
      throw new TransferError('wrong-code', `${error.message} ${hint}`, { cause: error });
    }
    throw toTransferError(error, 'receiver');
  } finally {
    await receiver.close();
  }
}

/** @throws TransferError where something did not come */
async function settled(receiver: Receiver): Promise<void> {
  await receiver.settle();
  expectNone(receiver.failed, 'receiver');
}
