import type { Socket } from 'node:net';
import type { Guest } from '../guest.js';
import type { Room } from '../rooms/room.js';
import type { Rooms } from '../rooms/rooms.js';
import type { RoomNames } from '../rooms/names.js';
import type { ClientNote, HandoverChannel, Seat } from './channel.js';
import { HandOver, type Releasable } from './hand-over.js';
import { attach } from './moving.js';
import { TakeOver } from './take-over.js';

/** A connection that has just come, not from its client but from another process. */
export interface Welcomed {
  /** Goes on with a client that waits in a room. Undefined where that is not possible: it is refused. */
  adopt(client: ClientNote, seat: Seat, deadline: number): Guest | undefined;
  /** Reads what it wants. */
  serve(): void;
}

export interface SuccessionOptions {
  readonly rooms: Rooms<Guest>;
  /** Every relay of the line gives the same names. */
  readonly names: RoomNames;
  readonly now: () => number;
  readonly connections: Iterable<Releasable>;
  /** A connection for a client that another process had. `source`: where it is known already. */
  readonly welcome: (socket: Socket, source: string | undefined) => Welcomed;
  readonly isDraining: () => boolean;
  /** One pairing less of the process before. */
  readonly onPairingOver: () => void;
}

/** A relay's place in the line of those that take over from each other; most are the first and the last of theirs. */
export class Succession {
  readonly #options: SuccessionOptions;
  #predecessor: HandoverChannel | undefined;
  #takeOver: TakeOver | undefined;
  #successor: HandoverChannel | undefined;
  #handOver: HandOver | undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
  }

  /** Pairings that the process before still carries. */
  get pairings(): number {
    return this.#takeOver?.pairings ?? 0;
  }

  /**
   * Resolves when everything of the process before is here.
   * @param prepare opens what two processes cannot both have
   */
  async takeOver(channel: HandoverChannel, prepare: () => Promise<void>): Promise<void> {
    const { rooms, names, now, welcome, onPairingOver } = this.#options;
    this.#predecessor = channel;
    this.#takeOver = new TakeOver({
      channel,
      rooms,
      now,
      prepare,
      onPairingOver,
      onSecret: (secret) => names.inherit(secret),
      adopt: (socket, client, seat, deadline) =>
        welcome(attach(socket), client.source).adopt(client, seat, deadline),
      serve: (socket, { source, head }) => welcome(attach(socket, head), source).serve(),
    });
    await this.#takeOver.complete;
  }

  /** Tells the process before that this one listens. */
  listening(): void {
    this.#takeOver?.listening();
  }

  /** Resolves when the process behind this one listens. Rejects, and this one has its work back, where it ended before. */
  async handOver(channel: HandoverChannel): Promise<void> {
    const { rooms, names, now, connections, isDraining } = this.#options;
    const handOver = new HandOver({ channel, rooms, secret: names.secret, now });
    this.#successor = channel;
    // Until then this one serves.
    await handOver.prepared;
    if (isDraining()) throw new Error('this relay was stopped in the meantime');
    this.#handOver = handOver;
    handOver.send(connections);
    try {
      await handOver.listening;
    } catch (error) {
      this.#handOver = undefined;
      throw error;
    }
  }

  /** Whether somebody who has just connected is the successor's to serve. Then it has the socket. */
  forward(socket: Socket): boolean {
    this.#handOver?.forward(socket);
    return this.#handOver !== undefined;
  }

  /** What it has is another process's now, but for its pairings. */
  get hasSuccessor(): boolean {
    return this.#handOver !== undefined;
  }

  pairingOver(room: Readonly<Room<unknown>>): void {
    this.#handOver?.pairingOver(room);
  }

  /** Pairings of the process before are not followed any more. */
  leavePredecessor(): void {
    this.#predecessor?.close();
  }

  close(): void {
    this.#predecessor?.close();
    this.#successor?.close();
  }
}
