import type { BarredSource } from '../guard/barred-sources.js';
import type { Guard } from '../guard/guard.js';
import { readSource } from '../guard/source.js';
import { closeRoom, type Evictable, type RoomClosing } from './rooms/close-room.js';
import type { RelaySettings } from './options.js';
import { type Reporting, reportRooms, type RoomReport } from './rooms/report.js';
import type { Rooms } from './rooms/rooms.js';

/** What whoever runs a relay can see and do while it runs. */
export interface Operator {
  /**
   * Every room there is now, the paired ones first. It may be read at leisure, with other work in between: each room is told
   * as it is when its turn comes.
   */
  list(): IterableIterator<RoomReport>;
  /**
   * Closes a room, whatever its state: who waits in it reads `Room closed by the operator.`, a pairing ends with
   * `DISCONNECT operator`, and it is not held. Its code can be used again at once.
   *
   * @param beginning its name, or as much of it as no other room's name begins with; four characters at least.
   */
  closeRoom(beginning: string): RoomClosing;
  /**
   * Refuses a source everywhere, as failed attempts would. The rooms that it is in go on. Forgotten when the relay ends.
   *
   * @param source an IPv4 address, an IPv6 address or its /64
   * @param forMs for how long from now; `lockoutDurationMs` unless given
   * @returns the source as the relay counts it, and its time
   * @throws {RangeError} where it is no address, or 10,000 others are blocked
   */
  block(source: string, forMs?: number): BarredSource;
  /**
   * Lifts a source's block, whether `block` or failed attempts led to it, and forgets its failed attempts.
   *
   * @returns the source as the relay counts it, and whether it was blocked
   * @throws {RangeError} where it is no address
   */
  unblock(source: string): Promise<{ readonly source: string; readonly wasBlocked: boolean }>;
  /** The blocks by `block`. Those that failed attempts led to are not kept in a form that could be told. */
  blocked(): readonly BarredSource[];
}

export interface OperatorOptions<Handle> {
  readonly rooms: Rooms<Handle>;
  readonly guard: Guard;
  readonly settings: RelaySettings;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

export function createOperator<Handle extends Reporting & Evictable>({
  rooms,
  guard,
  settings,
  now,
}: OperatorOptions<Handle>): Operator {
  return {
    list: () => reportRooms(rooms, { ...settings, now }),
    closeRoom: (beginning) => closeRoom(rooms, beginning),
    block(address, forMs = settings.lockoutDurationMs) {
      const source = sourceGiven(address);
      if (!guard.bar(source, forMs)) throw new RangeError('too many sources are blocked');
      return { source, leftMs: forMs };
    },
    async unblock(address) {
      const source = sourceGiven(address);
      return { source, wasBlocked: await guard.admit(source) };
    },
    blocked: () => guard.barred(),
  };
}

function sourceGiven(address: string): string {
  const source = readSource(address);
  if (source === undefined) throw new RangeError('a source is an IPv4 address, an IPv6 address or its /64');
  return source;
}
