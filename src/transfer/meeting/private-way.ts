import { TransferError } from '../transfer-error.js';
import type { Context } from '../context.js';
import { join, type JoinOptions } from './join.js';
import { LineCut, OtherSideEnded, RelayRefused } from '../line-errors.js';
import { WrongCode } from '../errors.js';
import type { Side } from '../keys/key-schedule.js';
import { type PrivateRoom, partingNote } from '../keys/private-room.js';
import type { Way } from './reconnect.js';
import { Session } from '../channel/session.js';

export interface OwnSide {
  readonly side: Side;
  /** A sender's, for the relay. */
  readonly token?: string | undefined;
}

/** Comes back through the room that only the two know of. Nobody guesses here: what goes wrong is the line, or the relay. */
export function privateWay(
  { room, key, password }: PrivateRoom,
  { side, token }: OwnSide,
  context: Context,
): Way {
  const request: JoinOptions['request'] = {
    ...{ code: room, key, role: side, retry: true },
    ...(side === 'sender' ? { token } : { wait: true }),
  };
  const other = side === 'sender' ? 'receiver' : 'sender';
  const agreement = { note: partingNote({ room, key, password }, other) };
  const code = { nameplate: room, password };
  return {
    dial: (signal, _again, onWaiting) => join(context, { signal, request, onWaiting }),
    async agree(line) {
      try {
        return side === 'sender'
          ? await Session.asSender(line, code, context, agreement)
          : await heard(await Session.asReceiver(line, code, context, agreement));
      } catch (error) {
        if (error instanceof WrongCode) throw new LineCut(undefined, { cause: error });
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
 * @throws what `receive` of the session throws, with its line dropped
 */
export async function heard(session: Session): Promise<Session> {
  try {
    await session.heard();
    return session;
  } catch (error) {
    session.abandon();
    throw error;
  }
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
