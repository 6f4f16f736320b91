import type { Socket } from 'node:net';
import type { Role } from '../../protocol/handshake.js';
import type { EndReason, Refusal } from '../../protocol/replies.js';
import type { Ending } from '../observer.js';
import type { Wire } from '../wire/wire.js';

/** Bytes within which every dialect knows its own. */
export const SNIFF_BYTES = 16;

/**
 * What a client speaks: how it asks for a room, and how it is spoken to. A dialect knows nothing of rooms, limits or other
 * clients; it is one file, and a row in the table of those that can be chosen.
 */
export interface Dialect {
  /** As `--speak` names it. */
  readonly name: string;
  /** For whoever is refused before it was greeted. */
  readonly voice: Voice;
  /**
   * Whether a connection that begins so speaks it. MUST decide by 16 bytes, and consumes nothing.
   * @param head at least one byte; what follows the TLS and PROXY that it may come in
   */
  sniff(head: Uint8Array): 'mine' | 'other' | 'more';
  /**
   * Reads what a client asks for. MUST settle when its time is up, and soon after the wire is closed, or its reading was
   * stopped (`stopReading`, which has to leave all that was read in the stream). MUST NOT read more than it needs, but for
   * what the stream gives along with it.
   * @param wire paused; a dialect may answer with another wire, which this one carries
   * @param head what was read of it already
   * @param timeLeft milliseconds until the handshake's deadline, at least 1
   */
  greet(wire: Wire, head: Buffer, timeLeft: () => number): Promise<Greeting>;
  /**
   * Goes on with a client that was greeted in another process. Without it, or where it gives undefined, clients of this
   * dialect cannot move, and are told to come again.
   * @param note of the greeting
   */
  restore?(tcp: Socket, note: unknown): Greeted | undefined;
}

/** A client that can be spoken to. */
export interface Greeted {
  readonly wire: Wire;
  readonly voice: Voice;
}

export type Greeting =
  /** It asks for a room. */
  | (Greeted & {
      readonly kind: 'join';
      readonly request: RoomRequest;
      /** What it wrote to say so. Read again from the beginning, it asks for the same. */
      readonly said: Buffer;
      /** What came behind that: payload. */
      readonly surplus: Buffer;
      /** What `restore` needs, as plain data without a secret; undefined where the client cannot move. */
      readonly note: unknown;
    })
  | (Greeted & { readonly kind: 'refused'; readonly refusal: Refusal })
  /** It wants something that no room is needed for, and gets it. `done` settles when it has, or its wire is closed. */
  | { readonly kind: 'served'; readonly wire: Wire; readonly done: Promise<Ending> }
  /** There is nobody to say a word to. */
  | { readonly kind: 'left'; readonly ending: 'closed' }
  /** The wire is closed, or its reading was stopped. */
  | { readonly kind: 'over' };

/** What a client asks of a room, in whatever words. */
export interface RoomRequest {
  readonly code: string;
  /** `either`: the sender's place where it is free, else a receiver's. */
  readonly role: Role | 'either';
  /** Whoever opens the room sets it; everyone after must present the same. */
  readonly key: string | undefined;
  /** Of a sender: what shows a relay that knows its senders who it is. */
  readonly token: string | undefined;
  /** The room outlives a lost connection for the retry window. */
  readonly retry: boolean;
  /** Of a receiver: it waits for a sender that is not there yet. */
  readonly wait: boolean;
  /** Of a sender: how many receivers complete the room. Default: 1. */
  readonly receivers: number | undefined;
}

/** Text, in UTF-8, or bytes. */
export type Words = string | Uint8Array;

/** How one client is spoken to. A reply that is undefined is not said. Best one object for all who are spoken to alike. */
export interface Voice {
  refused(refusal: Refusal): Words;
  /** How long it may have to wait, when that begins and every `heartbeatMs`. */
  waiting(secondsLeft: number): Words | undefined;
  paired(): Words | undefined;
  /** The last words of a pairing, behind all that the client gets. */
  disconnected(reason: EndReason): Words | undefined;
  /** Undefined: a client that waits is told nothing. */
  readonly heartbeatMs: number | undefined;
  /** What a client means that ends its stream while it waits: it is gone, or it has sent all it had and waits on. */
  readonly finWhileWaiting: 'leaves' | 'half-close';
}
