import { type Eviction, members } from './room.js';
import type { RoomState } from './states.js';
import type { Rooms } from './rooms.js';

/** Less of a name may be a slip of the finger. */
const LEAST_CHARACTERS = 4;

/** So many names show that a beginning is not unique. */
const MOST_CANDIDATES = 5;

export type RoomClosing =
  | { readonly kind: 'closed'; readonly room: string; readonly state: RoomState; readonly members: number }
  /** No room's name begins so, or too little of it was given. */
  | { readonly kind: 'unknown' }
  /** Some of the rooms whose names begin so. */
  | { readonly kind: 'ambiguous'; readonly rooms: readonly string[] };

/** Who can be told to go. */
export interface Evictable {
  evict(why: Eviction<unknown>['why']): void;
}

/**
 * Closes a room, whatever its state: who waits in it is told so, a pairing ends, and a held room is gone.
 *
 * @param beginning its name, or as much of it as no other room's name begins with; four characters at least
 */
export function closeRoom<Handle extends Evictable>(rooms: Rooms<Handle>, beginning: string): RoomClosing {
  const found = beginning.length < LEAST_CHARACTERS ? [] : namesWith(rooms, beginning);
  const room = found[0] === undefined ? undefined : rooms.find(found[0]);
  if (room === undefined) return { kind: 'unknown' };
  if (found.length > 1) return { kind: 'ambiguous', rooms: found };
  const { name, state } = room;
  const count = members(room).length;
  for (const { handle, why } of rooms.close(name)) handle.evict(why);
  return { kind: 'closed', room: name, state, members: count };
}

function namesWith(rooms: Rooms<unknown>, beginning: string): string[] {
  const found: string[] = [];
  for (const { name } of rooms.all()) {
    if (!name.startsWith(beginning) || rooms.find(name) === undefined) continue;
    found.push(name);
    if (found.length === MOST_CANDIDATES) break;
  }
  return found;
}
