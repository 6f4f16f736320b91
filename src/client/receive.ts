import { type ReceiveOptions, TransferError } from './api.js';
import { parseCode } from '../transfer/code.js';
import { WrongCode } from '../transfer/errors.js';
import type { Report } from './events.js';
import { expectNone } from './failures.js';
import { checkOutput } from './landing/landing.js';
import { leaveNote } from './leave-note.js';
import { privateWay } from './private-way.js';
import { ReceiverDoor } from './receiver-door.js';
import { Receiver } from './receiver.js';
import { reconnecting } from './reconnect.js';
import { TIMING, type Timing } from './timing.js';
import { toTransferError } from './transfer-errors.js';

/** When everything is here and the line is cut: how long the sender is tried to be told so, in milliseconds. */
const TELL_FOR_MS = 20_000;

/** Receives, over as many connections as it takes. @throws TransferError, the signal's reason, what `agree` throws */
export async function receive(
  options: ReceiveOptions,
  report: Report,
  timing: Timing = TIMING,
): Promise<void> {
  const { relay, giveUpAfterMs, signal } = options;
  const parsed = parseCode(options.code);
  if (!parsed.ok) throw new TransferError('wrong-code', parsed.problem);
  const { code, hint } = parsed;
  await checkPlace(options);
  const receiver = new Receiver(options, code.nameplate, report);
  const own = { relay, side: 'receiver', timing } as const;
  try {
    await reconnecting({
      giveUpAfterMs: () => (receiver.isComplete ? Math.min(TELL_FOR_MS, giveUpAfterMs) : giveUpAfterMs),
      signal,
      report,
      peer: 1,
      countsWaiting: true,
      door: new ReceiverDoor(options, code, report, timing),
      doorAfterMs: timing.doorAfterMs.receiver,
      privately: (room) => privateWay(room, own),
      run: (session) => receiver.over(session),
      async leave(room) {
        if (!receiver.isComplete) await leaveNote(room, own);
      },
      timing,
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
