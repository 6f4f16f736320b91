/**
 * - `waiting`: incomplete, and never was complete.
 * - `paired`: the sender and all of its receivers are there.
 * - `held`: a pairing with `retry` is over; both sides may come back.
 */
export type RoomState = 'waiting' | 'paired' | 'held';

export const ROOM_STATES = ['waiting', 'paired', 'held'] as const satisfies readonly RoomState[];

/** What can happen to a room. */
export type RoomFact =
  /** The sender and all of its receivers are in it. */
  | 'completed'
  /** Its last member left. */
  | 'emptied'
  /** Its pairing is over, and nobody asked for `retry`. */
  | 'ended'
  /** Its pairing is over, and somebody asked for `retry`. */
  | 'suspended'
  /** Its time is up. */
  | 'expired'
  /** The relay's operator wants it gone. */
  | 'closed';

/** Every state under every fact. A fact that cannot come in a state leaves it as it is. */
export const TRANSITIONS: Readonly<Record<RoomState, Readonly<Record<RoomFact, RoomState | 'gone'>>>> = {
  waiting: {
    completed: 'paired',
    emptied: 'gone',
    ended: 'waiting',
    suspended: 'waiting',
    expired: 'gone',
    closed: 'gone',
  },
  // A pairing that loses its last member on one side is over: that comes as ended or suspended.
  paired: {
    completed: 'paired',
    emptied: 'paired',
    ended: 'gone',
    suspended: 'held',
    expired: 'paired',
    closed: 'gone',
  },
  held: {
    completed: 'paired',
    emptied: 'held',
    ended: 'held',
    suspended: 'held',
    expired: 'gone',
    closed: 'gone',
  },
};
