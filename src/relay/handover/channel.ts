import type { Socket } from 'node:net';
import type { Role } from '../../protocol/handshake.js';
import type { TabNote } from '../costs/meter.js';
import type { Eviction, Room } from '../rooms/room.js';
import type { MemberReport } from '../rooms/report.js';

type Why = Eviction<never>['why'];

/** A room as it stood. Its members follow, unless it is paired. */
export interface RoomNote extends Omit<Room<never>, 'deadline' | 'sender' | 'receivers' | 'tab'> {
  /** What is left of its time: the two processes have no common clock. */
  readonly remainingMs: number;
  readonly tab: TabNote | undefined;
  /** Of a pairing, which stays where it is: the sender, and the receivers that are left. */
  readonly paired: readonly MemberReport[];
}

/** A client whose socket goes along with the note. */
export interface ClientNote {
  /** Undefined where a proxy may still have to tell it. */
  readonly source: string | undefined;
  /** What was read of it already: the beginning of its line, or early payload. */
  readonly head: Uint8Array;
  /** Its place; undefined where its line was not read yet. */
  readonly seat: Seat | undefined;
}

/** A client that is given up, and its socket, which belongs to the other process as soon as it is sent. */
export interface Released {
  readonly client: ClientNote;
  readonly socket: Socket;
}

/** What is kept of a client's greeting. Not the code, the key or the token, which nothing keeps. */
export interface Identity {
  readonly room: string;
  /** Whose token it showed. */
  readonly sender: string | undefined;
  /** What it speaks. */
  readonly dialect: string;
  /** What that needs to speak to it, as plain data; undefined where the client cannot move. */
  readonly note: unknown;
}

/** The place of a client that waits in a room. */
export interface Seat extends Pick<Identity, 'room' | 'sender'>, Partial<Pick<Identity, 'dialect' | 'note'>> {
  readonly role: Role;
  readonly retry: boolean;
  readonly waitedMs: number;
}

/** The process before may be of a time when a relay spoke the line alone: `status` and `raw` stood in the seat itself. */
export function dialectOf({ dialect = 'line' }: Seat): string {
  return dialect;
}

export function noteOf(seat: Seat): unknown {
  return seat.note ?? seat;
}

export type HandoverMessage =
  // From the process that hands over, in this order.
  /** What two processes cannot both have, but for the port, is free. */
  | { readonly kind: 'yielded' }
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  | { readonly kind: 'room'; readonly room: RoomNote }
  | { readonly kind: 'client'; readonly client: ClientNote }
  /** That was all: listen. (Clients that come in the meantime follow behind it.) */
  | { readonly kind: 'go' }
  /** A pairing that stayed there is over. */
  | { readonly kind: 'over'; readonly room: string; readonly tab: TabNote | undefined }
  // From the one that takes over.
  /** It can run. */
  | { readonly kind: 'ready' }
  /** It has all that it needs: only now is something lost where it ends. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'listening' }
  /** A newcomer takes this member's place in a pairing that stayed there, or the operator closed it. */
  | { readonly kind: 'evict'; readonly room: string; readonly role: Role; readonly why: Why };

/** How two relays speak while one takes over from the other. Messages arrive once, in order. */
export interface HandoverChannel {
  /** A socket is the other's as soon as it is sent. */
  send(message: HandoverMessage, socket?: Socket): void;
  onMessage(listener: (message: HandoverMessage, socket?: Socket) => void): void;
  /** The other process is gone, or has nothing more to say. */
  onClose(listener: () => void): void;
  close(): void;
}
