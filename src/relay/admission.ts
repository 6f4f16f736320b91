import type { Attempt } from '../guard/guard.js';
import type { Refusal } from '../protocol/replies.js';
import type { ConnectionContext } from './context.js';
import { payerOf } from './costs/costs.js';
import type { RoomRequest } from './dialects/dialect.js';
import type { Guest } from './guest.js';
import type { Admission } from './rooms/room.js';

type AdmissionContext = Pick<
  ConnectionContext,
  'authorize' | 'costs' | 'directory' | 'guard' | 'names' | 'rooms'
>;

/** Somebody at the door of a room. */
export interface Applicant extends Guest {
  /** The room's name. */
  readonly room: string;
  /** Whose token it showed; undefined where it showed none, or nobody's. */
  readonly sender: string | undefined;
  /** It is gone by now, or has moved to another process. */
  isOver(): boolean;
  /** It has to wait for the directory's answer. */
  delay(): void;
  /**
   * It is in its room, and waits there or completes it. Called in the same turn: whoever else is let in then, or put out,
   * finds it where the room has it.
   */
  seat(seated: Seated): Promise<void> | void;
}

export type Seated =
  /** `deadline` is the room's; `hasOpened`: there was none before it came. */
  | { readonly kind: 'waiting'; readonly deadline: number; readonly hasOpened: boolean }
  | Extract<Admission<Guest>, { kind: 'paired' }>;

/**
 * Asks everybody who has a word in it: the senders' file, the guard, the quotas, the directory, the room.
 * @returns why it has no place; undefined where it has one, or is gone by now
 */
export async function admit(
  applicant: Applicant,
  request: RoomRequest,
  source: string,
  context: AdmissionContext,
): Promise<Refusal | undefined> {
  const { room, sender } = applicant;
  const { authorize, costs, directory, guard, names, rooms } = context;
  const isSender = request.role !== 'receiver';
  // Before anything is asked of the room: whoever may not send learns nothing of it.
  if (isSender && authorize !== undefined && sender === undefined)
    return (await guard.suspect(source)) ?? { token: 'invalid-token' };
  const role = isSender ? 'sender' : 'receiver';
  const attempt: Attempt = { source, room, role, live: rooms.isLive(room) };
  const barred = await guard.joining(attempt);
  if (applicant.isOver()) return undefined;
  if (barred !== undefined) return barred;
  if (isSender && costs.isUsedUp(payerOf(sender, source))) return { token: 'quota-exceeded' };

  let placement = directory.place(room);
  if (placement instanceof Promise) {
    applicant.delay();
    placement = await placement;
  }
  if (placement !== 'here') return applicant.isOver() ? undefined : placement;
  const hasOpened = !rooms.isLive(room);
  const joined = applicant.isOver() ? undefined : rooms.join(room, applicant, joiningOf(request, names));
  // It was placed here, and nobody is in it.
  if (hasOpened && !rooms.isLive(room)) directory.release(room);
  if (joined === undefined) return undefined;
  for (const { handle, why } of joined.evicted) handle.evict(why);
  if (joined.kind === 'refused') return await withoutPlace(joined.why, attempt, request, guard);
  const { kind } = joined;
  await applicant.seat(kind === 'waiting' ? { kind, deadline: joined.deadline, hasOpened } : joined);
  return undefined;
}

function joiningOf({ role, retry, key, wait, receivers = 1 }: RoomRequest, names: AdmissionContext['names']) {
  return { role, retry, key: key === undefined ? undefined : names.key(key), wait, receivers };
}

/** What a client is told that its room refused; a failed attempt is counted. */
async function withoutPlace(
  why: Extract<Admission<Guest>, { kind: 'refused' }>['why'],
  attempt: Attempt,
  { key }: Pick<RoomRequest, 'key'>,
  guard: AdmissionContext['guard'],
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
