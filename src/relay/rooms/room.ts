import type { Role } from '../../protocol/handshake.js';
import type { RoomTab } from '../costs/meter.js';
import type { RoomState } from './states.js';

/** What a newcomer asks of a room. `key` and the room's name are opaque here: equal or not. */
export interface Joining {
  /** `either`: the sender's place where it is free, else a receiver's. */
  readonly role: Role | 'either';
  readonly retry: boolean;
  readonly key: string | undefined;
  /** Of a receiver: it opens the room where there is none. */
  readonly wait: boolean;
  /** Of a sender: how many receivers complete the room. */
  readonly receivers: number;
}

/** Why a newcomer has no place. */
export type Refused = 'no-room' | 'wrong-key' | 'code-in-use' | 'room-full';

export interface Member<Handle> {
  readonly handle: Handle;
  readonly retry: boolean;
}

export interface Room<Handle> {
  readonly name: string;
  readonly key: string | undefined;
  state: RoomState;
  /** Of a waiting or held room. */
  deadline: number;
  /** Somebody who was paired in it asked for it. */
  retry: boolean;
  /** How many receivers complete it; undefined until a sender says so. */
  capacity: number | undefined;
  sender: Member<Handle> | undefined;
  receivers: Member<Handle>[];
  /** What its pairings have cost so far; undefined where nobody counts it. */
  tab: RoomTab | undefined;
}

/** A member that is out: replaced by a newcomer, one too many for its sender, out of time, or by its operator's wish. */
export interface Eviction<Handle> {
  readonly handle: Handle;
  readonly why: 'lost' | 'room-full' | 'room-expired' | 'room-closed';
}

/** What becomes of a newcomer. */
export type Admission<Handle> =
  | {
      readonly kind: 'refused';
      readonly why: Refused;
      readonly evicted: readonly Eviction<Handle>[];
    }
  /** `deadline`: when the room is removed if nobody completes it, on the injected clock. */
  | { readonly kind: 'waiting'; readonly deadline: number; readonly evicted: readonly Eviction<Handle>[] }
  | {
      readonly kind: 'paired';
      readonly sender: Handle;
      readonly receivers: readonly Handle[];
      readonly evicted: readonly Eviction<Handle>[];
    };

/** As others see it: the tab is theirs. */
export type FoundRoom<Handle> = Readonly<Omit<Room<Handle>, 'tab'>> & Pick<Room<Handle>, 'tab'>;

/** A newcomer takes the place of an open connection only with `retry` and the room's key. */
export function mayReplace(room: Room<unknown>, role: Role, joining: Joining): boolean {
  // A replacement ends the pairing: one receiver of several must not do that to the others.
  const hurtsSiblings = role === 'receiver' && room.state === 'paired' && room.capacity !== 1;
  return joining.retry && room.key !== undefined && !hurtsSiblings;
}

export function members<Handle>(room: Room<Handle>): Member<Handle>[] {
  return room.sender === undefined ? [...room.receivers] : [room.sender, ...room.receivers];
}
