import type { Socket } from 'node:net';
import { noteOf, type RoomTab, type TabNote } from '../costs/meter.js';
import type { Guest } from '../guest.js';
import { members, type Room } from '../rooms/room.js';
import { reportMembers } from '../rooms/report.js';
import type { Rooms } from '../rooms/rooms.js';
import type { HandoverChannel, HandoverMessage, Released, RoomNote } from './channel.js';
import { detach, isDetachable } from './moving.js';

export interface HandOverOptions {
  readonly channel: HandoverChannel;
  readonly rooms: Rooms<Guest>;
  /** Under which rooms got their names. */
  readonly secret: Uint8Array;
  readonly now: () => number;
}

/** A connection, in a room or not. */
export interface Releasable {
  /** Undefined where it stays. */
  release(): Released | undefined;
}

/**
 * The side that leaves. It tells its successor of every room, and sends it all clients that are not paired, who notice
 * nothing. Pairings stay until they are over: the bytes on their way through this process cannot be moved. The successor
 * knows of them, so that nobody else gets their codes, and so that who comes back to one finds it.
 */
export class HandOver {
  readonly #options: HandOverOptions;
  /** The successor has all that it needs. Rejects where it ended before. */
  readonly prepared: Promise<void>;
  /** It listens. Rejects as above. */
  readonly listening: Promise<void>;

  constructor(options: HandOverOptions) {
    this.#options = options;
    const { channel, rooms } = options;
    const until = (kind: HandoverMessage['kind']): Promise<void> =>
      new Promise((resolve, reject) => {
        channel.onClose(() => reject(new Error('the successor ended before it listened')));
        channel.onMessage((message) => {
          if (message.kind === kind) resolve();
        });
      });
    this.prepared = until('prepared');
    this.listening = until('listening');
    // Whoever waits for the first does not wait for the second where that fails.
    this.listening.catch(() => undefined);
    channel.onMessage((message) => {
      if (message.kind !== 'evict') return;
      const { room, role, why } = message;
      const guest = role === 'sender' ? rooms.sender(room) : rooms.receivers(room)[0];
      guest?.evict(why);
    });
    channel.send({ kind: 'yielded' });
  }

  /** Sends all there is now. */
  send(connections: Iterable<Releasable>): void {
    const { channel, rooms, secret } = this.#options;
    channel.send({ kind: 'secret', secret });
    for (const room of rooms.all()) {
      channel.send({ kind: 'room', room: this.#noteOf(room) });
      if (room.state === 'paired') continue;
      for (const { handle, retry } of members(room)) {
        this.#move(handle.release(retry));
      }
    }
    for (const connection of connections) this.#move(connection.release());
    channel.send({ kind: 'go' });
  }

  /** Somebody connected here, before this process stopped listening. */
  forward(socket: Socket): void {
    if (!isDetachable(socket)) return void socket.destroy();
    const client = { source: undefined, head: detach(socket), seat: undefined };
    this.#options.channel.send({ kind: 'client', client }, socket);
  }

  pairingOver({ name, tab }: Readonly<Room<unknown>>): void {
    this.#options.channel.send({ kind: 'over', room: name, tab: this.#noteTab(tab) });
  }

  #move(released: Released | undefined): void {
    if (released === undefined) return;
    const { client, socket } = released;
    this.#options.channel.send({ kind: 'client', client }, socket);
  }

  #noteOf(room: Room<Guest>): RoomNote {
    const { name, key, state, deadline, retry, capacity, tab } = room;
    const remainingMs = Math.max(0, deadline - this.#options.now());
    const paired = state === 'paired' ? reportMembers(room) : [];
    return { name, key, state, retry, capacity, remainingMs, paired, tab: this.#noteTab(tab) };
  }

  #noteTab(tab: RoomTab | undefined): TabNote | undefined {
    return tab && noteOf(tab, this.#options.now());
  }
}
