import { Cancellation, type Signal } from '../cancellation.js';
import type { Context } from '../context.js';
import { TransferError } from '../transfer-error.js';
import type { Report } from '../events.js';
import { SenderFailures } from '../failed-entries.js';
import { leaveNote } from '../meeting/leave-note.js';
import { drawPrivateRoom, type PrivateRoom } from '../keys/private-room.js';
import { privateWay } from '../meeting/private-way.js';
import { reconnecting } from '../meeting/reconnect.js';
import { sendOver } from './send-over.js';
import { SenderDoor, type SenderDoorOptions } from '../meeting/sender-door.js';
import type { Session } from '../channel/session.js';
import type { Source } from '../source.js';
import { toTransferError } from '../explain.js';
import { jsonMessage, TransferMessage } from '../transfer-messages.js';

export interface SeveralOptions extends SenderDoorOptions {
  /** 1 to 16. */
  readonly receivers: number;
  /** How long it tries to come back after the line was cut. */
  readonly giveUpAfterMs: number;
  /** Ends the transfer, so that it can be resumed; the promise rejects with the signal's reason. */
  readonly signal: Signal;
}

/** One of several receivers, with a room of its own that only it is told of. */
interface Place {
  readonly peer: number;
  readonly move: PrivateRoom;
  readonly done: Promise<void>;
  state: 'running' | 'connected' | 'over';
}

/**
 * Lets each receiver in at the door, and sends it on to a room of its own: nobody waits for another, and the door is
 * free for the next one, and for one whose tool was started again.
 */
export async function sendToSeveral(
  source: Source,
  options: SeveralOptions,
  context: Context,
  report: Report,
): Promise<void> {
  const { receivers, signal, giveUpAfterMs } = options;
  // Where several are served, that the door is open again is no news.
  const reportOfDoor: Report = (event) => {
    if (['code', 'wrong-code', 'stranger'].includes(event.event)) report(event);
  };
  const door = new SenderDoor(options, context, reportOfDoor);
  const places: Place[] = [];
  const isOpen = new Cancellation(signal);
  let isClosing = false as boolean;
  let allIn: () => void = () => undefined;
  let doorFailed: (error: unknown) => void = () => undefined;
  const untilAllIn = new Promise<void>((resolve, reject) => {
    allIn = resolve;
    doorFailed = reject;
  });
  const doorkeeper = async (): Promise<void> => {
    while (!isClosing) {
      await admit(async (session) => {
        const left = places.find(({ state }) => state === 'running');
        const place = places.length < receivers ? openPlace(places.length + 1) : left;
        if (place === undefined) {
          await session.send(jsonMessage(TransferMessage.stop, { why: 'full' }));
        } else {
          await session.send(jsonMessage(TransferMessage.move, place.move));
        }
        await session.end();
        if (places.length === receivers) allIn();
      });
    }
  };
  const admit = async (run: (session: Session) => Promise<void>): Promise<void> => {
    await reconnecting({
      giveUpAfterMs: () => giveUpAfterMs,
      signal: isOpen,
      report: reportOfDoor,
      peer: 1,
      countsWaiting: false,
      door,
      doorAfterMs: 0,
      // Each receiver is sent on to a room of its own: whose line is cut before that comes to the door again.
      privately: undefined,
      async run(session) {
        await run(session);
        return undefined;
      },
      context,
    });
  };
  const openPlace = (peer: number): Place => {
    const move = drawPrivateRoom(context.platform);
    const place: Place = {
      peer,
      move,
      state: 'running',
      done: sendInPlace(options, source, move, context, report, peer, (state) => (place.state = state)),
    };
    place.done.catch(() => undefined);
    places.push(place);
    return place;
  };

  const keeping = doorkeeper().catch((error: unknown) => {
    if (!isClosing) doorFailed(error);
  });
  try {
    await untilAllIn;
  } finally {
    await Promise.allSettled(places.map(({ done }) => done));
    isClosing = true;
    isOpen.abort(new Error('Every receiver is served.'));
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

/** The transfer to one receiver, in the room that it was told of. */
async function sendInPlace(
  { token, giveUpAfterMs, signal }: SeveralOptions,
  source: Source,
  room: PrivateRoom,
  context: Context,
  report: Report,
  peer: number,
  onState: (state: Place['state']) => void,
): Promise<void> {
  const own = { side: 'sender', token } as const;
  const failures = new SenderFailures();
  try {
    await reconnecting({
      giveUpAfterMs: () => giveUpAfterMs,
      signal,
      report: (event) => {
        if (event.event !== 'waiting') report(event);
      },
      peer,
      countsWaiting: false,
      door: undefined,
      doorAfterMs: 0,
      room,
      privately: (to) => privateWay(to, own, context),
      async run(session) {
        onState('connected');
        report({ event: 'connected', peer });
        try {
          await sendOver(session, {
            source,
            failures,
            signal,
            report,
            peer,
            clock: () => context.platform.now(),
          });
        } finally {
          onState('running');
        }
        return undefined;
      },
      leave: (to) => leaveNote(to, own, context),
      context,
    });
    failures.expectNone();
  } finally {
    onState('over');
  }
}
