import type { Role } from '../protocol/handshake.js';
import type { EndReason, RefusalToken } from '../protocol/replies.js';

/** How a connection was over: a reason, or the token of the refusal. */
export type Ending = EndReason | RefusalToken;

/** What a connection has done, so far or in all. */
export interface ConnectionReport {
  /** IPv4 address or IPv6 /64; undefined where the peer was gone before it could be read. */
  readonly source: string | undefined;
  /** Of a sender that showed a valid token: whose it is. */
  readonly sender: string | undefined;
  /** Payload bytes from and to this client; the relay's own lines are left out. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly waitedMs: number;
  readonly pairedMs: number;
}

/** One connection's whole story, told once, when it is over. Never a code or a key. */
export interface ConnectionRecord extends ConnectionReport {
  readonly role: Role | undefined;
  /** The room's name: a keyed hash of its code that changes with every start. */
  readonly room: string | undefined;
  /** It was in a room: it waited, or was paired. */
  readonly admitted: boolean;
  readonly ending: Ending;
}

export type Direction = 'to_receiver' | 'to_sender';

/** What the relay tells about its work. Methods must not throw and must return at once. */
export interface Observer {
  connectionOpened(): void;
  connectionEnded(record: ConnectionRecord): void;
  /** One has gone to another process, which tells its record, or was lost on the way. */
  connectionMoved(): void;
  /** A pairing began; each member's wait before it, and whose token its sender showed. */
  paired(waitedMs: readonly number[], sender?: string): void;
  /** A pairing is over, and how long it lasted. */
  unpaired(pairedMs: number): void;
  /** Payload bytes were passed on, in a pairing of this sender. Called for each chunk: must be cheap. */
  relayed(direction: Direction, bytes: number, sender?: string): void;
  /** A code or a source was blocked. */
  lockedOut(): void;
}

/** For a relay that nobody watches, and to spread into an observer of one thing. */
export const silentObserver: Observer = Object.freeze({
  connectionOpened: () => undefined,
  connectionEnded: () => undefined,
  connectionMoved: () => undefined,
  paired: () => undefined,
  unpaired: () => undefined,
  relayed: () => undefined,
  lockedOut: () => undefined,
});
