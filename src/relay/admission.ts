import type { Attempt, Guard } from '../guard/guard.js';
import type { JoinRequest } from '../protocol/handshake.js';
import type { Refusal } from '../protocol/replies.js';
import type { ConnectionContext } from './context.js';
import type { Guest } from './rooms/guest.js';
import type { Admission } from './rooms/room.js';

/** Asks for the place that a line asks for. */
export function join(
  room: string,
  guest: Guest,
  { role, retry, key, wait, receivers = 1 }: JoinRequest,
  { rooms, names }: Pick<ConnectionContext, 'rooms' | 'names'>,
): Admission<Guest> {
  const joining = { role, retry, key: key === undefined ? undefined : names.key(key), wait, receivers };
  return rooms.join(room, guest, joining);
}

/** What a client is told that its room refused; a failed attempt is counted. */
export async function withoutPlace(
  { why }: Extract<Admission<Guest>, { kind: 'refused' }>,
  attempt: Attempt,
  { key }: Pick<JoinRequest, 'key'>,
  guard: Guard,
): Promise<Refusal> {
  switch (why) {
    case 'no-room':
      return await guard.failed({ ...attempt, live: false });
    case 'wrong-key':
      return await guard.failed({ ...attempt, live: true });
    case 'code-in-use':
      // Its key is the room's, or it would have been refused for that: then it is one of its people.
      return (key === undefined ? await guard.suspect(attempt.source) : undefined) ?? { token: why };
    case 'room-full':
      return { token: why };
  }
}

/** Who has waited for so long in the room that it opened has not only looked for it, in milliseconds. */
const PROBE_MS = 1_000;

/** A client that left the room where it waited. */
export interface Departure {
  /** There was no room before it came. */
  readonly hasOpened: boolean;
  readonly waitedMs: number;
  /** Its payload, as much as was read. */
  readonly bytesIn: number;
}

/** Whoever opens a room and is gone at once, with nothing sent, has looked whether the code is in use. */
export function isProbe({ hasOpened, waitedMs, bytesIn }: Departure): boolean {
  return hasOpened && waitedMs < PROBE_MS && bytesIn === 0;
}
