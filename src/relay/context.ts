import type { Guard } from '../guard/guard.js';
import type { ArrivalContext } from './entrance/arrival.js';
import type { Guest } from './guest.js';
import type { Directory } from './rooms/directory.js';
import type { RoomNames } from './rooms/names.js';
import type { Rooms } from './rooms/rooms.js';
import type { RelaySettings } from './options.js';
import type { PairingContext } from './splice/pairing.js';

/** Whose token this is; undefined where it is nobody's. */
export type Authorize = (token: string) => string | undefined;

/** What every connection of a relay shares. */
export interface ConnectionContext extends ArrivalContext, PairingContext {
  readonly settings: RelaySettings;
  readonly rooms: Rooms<Guest>;
  readonly names: RoomNames;
  readonly directory: Directory;
  readonly guard: Guard;
  /** Undefined where everybody may send. */
  readonly authorize: Authorize | undefined;
  /** Of a bug that is nobody's connection. */
  readonly onFault: (error: unknown) => void;
}
