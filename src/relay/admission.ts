import type { Attempt, Guard } from '../guard/guard.js';
import type { JoinRequest } from '../protocol/handshake.js';
import type { Refusal } from '../protocol/replies.js';
import type { ConnectionContext } from './context.js';
import type { Guest } from './guest.js';
import type { Admission } from './room.js';

/** Asks for the place that a line asks for. */
export function join(
  room: string,
  guest: Guest,
  { role, retry, key, wait, receivers = 1 }: JoinRequest,
  { rooms, hash }: Pick<ConnectionContext, 'rooms' | 'hash'>,
): Admission<Guest> {
  const joining = { retry, key: key === undefined ? undefined : hash('key', key), wait, receivers };
  return role === 'sender'
    ? rooms.claimSender(room, guest, joining)
    : rooms.registerReceiver(room, guest, joining);
}

/** What a client is told that its room refused; a failed attempt is counted. */
export async function withoutPlace(
  { why }: Extract<Admission<Guest>, { kind: 'refused' }>,
  attempt: Attempt,
  guard: Guard,
): Promise<Refusal> {
  switch (why) {
    case 'no-room':
      return await guard.failed({ ...attempt, live: false });
    case 'wrong-key':
      return await guard.failed({ ...attempt, live: true });
    case 'code-in-use':
    case 'room-full':
      return { token: why };
  }
}
