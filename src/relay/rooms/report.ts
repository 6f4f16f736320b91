import type { Role } from '../../protocol/handshake.js';
import type { ConnectionReport } from '../observer.js';
import { members, type Room } from './room.js';
import type { RoomState } from './states.js';
import type { Rooms } from './rooms.js';

export interface MemberReport extends ConnectionReport {
  readonly role: Role;
}

/** A room as its relay's operator sees it. Never a code or a key. */
export interface RoomReport {
  /** A keyed hash of its code that changes with every start; the same as in a {@link ConnectionRecord}. */
  readonly room: string;
  readonly state: RoomState;
  /** For how long it has been in this state. */
  readonly ageMs: number;
  /** Until it expires; undefined while it is paired. */
  readonly leftMs: number | undefined;
  /** The sender first. A held room has none. */
  readonly members: readonly MemberReport[];
}

export interface RoomReportsOptions {
  /** The clock of the rooms. */
  readonly now: () => number;
  readonly abandonAfterMs: number;
  readonly retryWindowMs: number;
}

/** Who can be told of. */
export interface Reporting {
  report(): ConnectionReport;
}

/**
 * Reports every room there is now, the paired ones first. It may be read at leisure, with other work in between: each room
 * is told as it is when its turn comes, once at most, and not at all if it is gone by then.
 */
export function* reportRooms<Handle extends Reporting>(
  rooms: Rooms<Handle>,
  options: RoomReportsOptions,
): IterableIterator<RoomReport> {
  for (const room of rooms.all()) {
    // Another one may have its name by now.
    if (rooms.find(room.name) === room) yield reportOf(room, options);
  }
}

function reportOf(room: Readonly<Room<Reporting>>, { now, ...times }: RoomReportsOptions): RoomReport {
  const { name, state, deadline } = room;
  const reports = reportMembers(room);
  if (state === 'paired') {
    const ageMs = Math.max(0, ...reports.map(({ pairedMs }) => pairedMs));
    return { room: name, state, ageMs, leftMs: undefined, members: reports };
  }
  const leftMs = Math.max(0, Math.round(deadline - now()));
  const ageMs = (state === 'waiting' ? times.abandonAfterMs : times.retryWindowMs) - leftMs;
  return { room: name, state, ageMs, leftMs, members: reports };
}

/** The sender first. */
export function reportMembers(room: Readonly<Room<Reporting>>): MemberReport[] {
  return members(room).map((member) => ({
    role: member === room.sender ? ('sender' as const) : ('receiver' as const),
    ...member.handle.report(),
  }));
}
