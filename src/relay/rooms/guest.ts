import type { ConnectionReport } from '../observer.js';
import type { Eviction } from './room.js';

/** Who can be in a room: a connection of this process, or of the one before it, which still carries a pairing. */
export interface Guest {
  /** Its room has no place for it any more. */
  evict(why: Eviction<Guest>['why']): void;
  /** What is known of it so far. */
  report(): ConnectionReport;
}
