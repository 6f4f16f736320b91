import type { Attempt, Guard } from '../guard/guard.js';
import type { Refusal } from '../protocol/replies.js';
import type { Guest } from './guest.js';
import type { Admission } from './rooms.js';

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
