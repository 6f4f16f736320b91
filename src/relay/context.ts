import type { Guard } from '../guard/guard.js';
import type { BulkShare } from './wire/bulk/bulk-reads.js';
import type { Census } from './entrance/census.js';
import type { Connection } from './connection.js';
import type { Costs } from './costs/costs.js';
import type { Entrance } from './entrance/entrance.js';
import type { Guest } from './rooms/guest.js';
import type { Observer } from './observer.js';
import type { RelaySettings } from './options.js';
import type { RoomNames } from './rooms/names.js';
import type { Rooms } from './rooms/rooms.js';
import type { HangUpTimes } from './wire/hang-up.js';

/** Whose token this is; undefined where it is nobody's. */
export type Authorize = (token: string) => string | undefined;

/** What every connection of a relay shares. */
export interface ConnectionContext {
  readonly settings: RelaySettings;
  readonly rooms: Rooms<Guest>;
  readonly guard: Guard;
  /** Undefined where everybody may send. */
  readonly authorize: Authorize | undefined;
  readonly share: BulkShare;
  readonly costs: Costs;
  /** Those who are served, or are on their way to it. */
  readonly census: Census;
  /** Those who are refused, and not closed yet. */
  readonly refusals: Census;
  /** Undefined where nothing stands before the line. */
  readonly entrance: Entrance | undefined;
  readonly observer: Observer;
  readonly names: RoomNames;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** How a client is hung up on that has nothing more to get. */
  readonly hangUp: HangUpTimes;
  readonly isDraining: () => boolean;
  /** Of a bug that is nobody's connection. */
  readonly onFault: (error: unknown) => void;
  /** The connection is closed, and its record was told. */
  readonly onGone: (connection: Connection) => void;
}
