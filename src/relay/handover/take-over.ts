import type { Socket } from 'node:net';
import { tabOf, type TabNote } from '../costs/meter.js';
import type { Guest } from '../guest.js';
import type { Member } from '../rooms/room.js';
import type { MemberReport } from '../rooms/report.js';
import type { Rooms } from '../rooms/rooms.js';
import type { ClientNote, HandoverChannel, HandoverMessage, RoomNote, Seat } from './channel.js';
import { hold } from './moving.js';

export interface TakeOverOptions {
  readonly channel: HandoverChannel;
  readonly rooms: Rooms<Guest>;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Opens what two processes cannot both have: the one before has given it up. Where it rejects, nothing is taken over. */
  readonly prepare: () => Promise<void>;
  /** Rooms are named under it from now on. */
  readonly onSecret: (secret: Uint8Array) => void;
  /** Goes on with a client that waits in a room, which it does not enter by itself. */
  readonly adopt: (socket: Socket, client: ClientNote, seat: Seat, deadline: number) => Guest | undefined;
  /** Serves a client that has not sent its whole line. */
  readonly serve: (socket: Socket, client: ClientNote) => void;
  /** A pairing that stayed there is over. */
  readonly onPairingOver: () => void;
}

interface Arrival {
  readonly client: ClientNote;
  readonly socket: Socket;
}

/** The side that comes: goes on with the rooms and the clients of the process before. See `HandOver`. */
export class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #notes: RoomNote[] = [];
  #arrivals: Arrival[] = [];
  #isRestored = false;
  /** The members of pairings that stayed there, by room. */
  readonly #remote = new Map<string, readonly Guest[]>();
  /** Everything is here, and goes on. Rejects where the process before ended too early. */
  readonly complete: Promise<void>;

  constructor(options: TakeOverOptions) {
    this.#options = options;
    const { channel } = options;
    this.complete = new Promise((resolve, reject) => {
      channel.onClose(() => {
        reject(new Error('the process before ended in the middle of the handover'));
        for (const room of [...this.#remote.keys()]) this.#over(room);
      });
      channel.onMessage((message, socket) => {
        if (message.kind === 'yielded') void this.#prepare().catch(reject);
        this.#take(message, socket);
        if (message.kind === 'go') resolve();
      });
    });
    channel.send({ kind: 'ready' });
  }

  /** Pairings that stayed there, and go on. */
  get pairings(): number {
    return this.#remote.size;
  }

  /** Tells the process before that it need not listen any more. */
  listening(): void {
    this.#options.channel.send({ kind: 'listening' });
  }

  async #prepare(): Promise<void> {
    const { prepare, channel } = this.#options;
    await prepare();
    channel.send({ kind: 'prepared' });
  }

  #take(message: HandoverMessage, socket: Socket | undefined): void {
    switch (message.kind) {
      case 'secret':
        return this.#options.onSecret(message.secret);
      case 'room':
        return void this.#notes.push(message.room);
      case 'client':
        // It was gone before it could be sent, or is now.
        if (socket?.remoteAddress === undefined) return void socket?.destroy();
        hold(socket);
        if (this.#isRestored) return this.#options.serve(socket, message.client);
        return void this.#arrivals.push({ socket, client: message.client });
      case 'go':
        return this.#restore();
      case 'over':
        return this.#over(message.room, message.tab);
      case 'yielded':
      case 'ready':
      case 'prepared':
      case 'listening':
      case 'evict':
        // Acted on already, or ours to say.
        return;
    }
  }

  #restore(): void {
    const seated = new Map<string, Arrival[]>();
    const newcomers: Arrival[] = [];
    for (const arrival of this.#arrivals.splice(0)) {
      const room = arrival.client.seat?.room;
      if (room === undefined) newcomers.push(arrival);
      else if (seated.get(room)?.push(arrival) === undefined) seated.set(room, [arrival]);
    }
    for (const note of this.#notes.splice(0)) this.#restoreRoom(note, seated.get(note.name) ?? []);
    this.#isRestored = true;
    for (const { socket, client } of newcomers) this.#options.serve(socket, client);
  }

  #restoreRoom({ remainingMs, paired, ...note }: RoomNote, arrivals: readonly Arrival[]): void {
    const { rooms, now } = this.#options;
    const room = { ...note, tab: note.tab && tabOf(note.tab, now()) };
    const deadline = now() + remainingMs;
    if (room.state === 'paired') {
      const guests = paired.map((report) => ({ retry: false, handle: this.#remoteGuest(room.name, report) }));
      this.#remote.set(
        room.name,
        guests.map(({ handle }) => handle),
      );
      const [sender, ...receivers] = guests;
      return rooms.restore({ ...room, deadline, sender, receivers });
    }
    let sender: Member<Guest> | undefined;
    const receivers: Member<Guest>[] = [];
    for (const { socket, client } of arrivals) {
      const { seat } = client;
      if (seat === undefined) continue;
      const handle = this.#options.adopt(socket, client, seat, deadline);
      if (handle === undefined) continue;
      const member = { retry: seat.retry, handle };
      if (seat.role === 'sender') sender = member;
      else receivers.push(member);
    }
    // Whoever waited in it could not be moved.
    if (room.state === 'waiting' && sender === undefined && receivers.length === 0) return;
    // What a sender asked for goes with it: it may have left on the way.
    const capacity = room.state === 'waiting' && sender === undefined ? undefined : room.capacity;
    rooms.restore({ ...room, capacity, deadline, sender, receivers });
  }

  #remoteGuest(room: string, report: MemberReport): Guest {
    const { channel, now } = this.#options;
    const { role } = report;
    const since = now() - report.pairedMs;
    return {
      member: undefined,
      release: () => undefined,
      evict: (why) => channel.send({ kind: 'evict', room, role, why }),
      // Its bytes are counted where they pass: here, as many as had passed when this process took over.
      report: () => ({ ...report, pairedMs: Math.round(now() - since) }),
    };
  }

  #over(room: string, tab?: TabNote): void {
    const { rooms, now } = this.#options;
    const found = rooms.find(room);
    // What has passed since the room was told of counts where it is paired again.
    if (found !== undefined && tab !== undefined) found.tab = tabOf(tab, now());
    for (const guest of this.#remote.get(room) ?? []) rooms.unregister(guest);
    if (this.#remote.delete(room)) this.#options.onPairingOver();
  }
}
