import { type RelayAddress, TransferError } from './api.js';
import { nodePlatform } from './platform.js';
import { dial, type DialOptions } from './dial.js';
import { RelayRefused } from './join.js';
import { WrongCode } from '../transfer/errors.js';
import type { Side } from '../transfer/keys/key-schedule.js';
import { type PrivateRoom, partingNote } from './private-room.js';
import type { Way } from './reconnect.js';
import { LineCut, OtherSideEnded } from './line-cut.js';
import { Session } from './session.js';
import type { Timing } from './timing.js';

interface PrivateWayOptions {
  readonly relay: RelayAddress;
  readonly side: Side;
  /** A sender's, for the relay. */
  readonly token?: string | undefined;
  readonly timing: Timing;
}

/** Comes back through the room that only the two know of. Nobody guesses here: what goes wrong is the line, or the relay. */
export function privateWay(
  { room, key, password }: PrivateRoom,
  { relay, side, token, timing }: PrivateWayOptions,
): Way {
  const request: DialOptions['request'] = {
    ...{ code: room, key, role: side, retry: true },
    ...(side === 'sender' ? { token } : { wait: true }),
  };
  const other = side === 'sender' ? 'receiver' : 'sender';
  const agreement = { ...timing, note: partingNote({ room, key, password }, other) };
  const code = { nameplate: room, password };
  return {
    dial: (signal, _again, onWaiting) => dial({ ...relay, signal, request, onWaiting }),
    async agree(line) {
      try {
        return side === 'sender'
          ? await Session.asSender(line, code, nodePlatform, agreement)
          : await heard(await Session.asReceiver(line, code, nodePlatform, agreement));
      } catch (error) {
        if (error instanceof WrongCode) throw new LineCut('The line was cut.', { cause: error });
        throw error;
      }
    },
    judge(error) {
      if (error instanceof OtherSideEnded) throw ended(other, error);
      return side === 'sender' && error instanceof RelayRefused && error.token === 'room-expired'
        ? 'retry'
        : 'judge';
    },
  };
}

/**
 * A sender that two sessions lead to goes on in one of them, and says so there; a receiver takes part in no other.
 * @throws what `receive` of the session throws
 */
export async function heard(session: Session): Promise<Session> {
  await session.heard();
  return session;
}

function ended(side: Side, cause: unknown): TransferError {
  return new TransferError(
    'stopped',
    side === 'sender'
      ? 'The sender stopped. What arrived is kept: run the same command to go on.'
      : 'The receiver stopped. Send again with the same code to go on.',
    { cause },
  );
}
