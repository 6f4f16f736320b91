import type { Released } from './handover/channel.js';
import type { ConnectionReport } from './observer.js';
import type { Eviction } from './rooms/room.js';
import type { PairingMember } from './splice/pairing.js';

/** Who can be in a room: a client of this process, or of the one before it, which still carries a pairing. */
export interface Guest {
  /** What a pairing needs of it; undefined where another process carries its bytes. */
  readonly member: PairingMember | undefined;
  /** Its room has no place for it any more. */
  evict(why: Eviction<Guest>['why']): void;
  /** What is known of it so far. */
  report(): ConnectionReport;
  /** Gives it up, for another process to go on with it; undefined where it stays. `retry`: as its room has it. */
  release(retry: boolean): Released | undefined;
}
