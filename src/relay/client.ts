import type { Role } from '../protocol/handshake.js';
import type { Refusal } from '../protocol/replies.js';
import { admit, type Applicant, isProbe, type Seated } from './admission.js';
import type { ConnectionContext } from './context.js';
import type { RoomRequest } from './dialects/dialect.js';
import type { Arrival } from './entrance/arrival.js';
import type { Identity, Released, Seat } from './handover/channel.js';
import { detach, isDetachable } from './handover/moving.js';
import { KEEPALIVE_MS } from './wire/tcp.js';
import type { ConnectionRecord, ConnectionReport, Ending } from './observer.js';
import type { Eviction } from './rooms/room.js';
import type { Link } from './splice/link.js';
import { Pairing, type PairingMember } from './splice/pairing.js';
import { startWaiting } from './splice/waiting.js';
import { stopReading } from './wire/read-head.js';
import { closeAbruptly, type StreamEnd } from './wire/wire.js';

/** Where a client stands. */
type Stage =
  /** It was greeted, and is on its way to its room. `said`: the words by which it asked for it. */
  | { readonly is: 'joining'; readonly said: Buffer; stopWaiting: () => void }
  /** `hasOpened`: there was no room before it came; of one that another process let in, that is not known. */
  | {
      readonly is: 'waiting';
      readonly since: number;
      readonly hasOpened: boolean;
      readonly stopWaiting: () => void;
    }
  /** `unpairedAt`: it is out of the pairing, which may still have bytes for it. */
  | {
      readonly is: 'paired';
      readonly pairing: Pairing;
      readonly waitedMs: number;
      unpairedAt: number | undefined;
    }
  /** It is out of its room, and what was written to it goes out. `since`: from when on it waited, if it did. */
  | { readonly is: 'over'; readonly since: number | undefined }
  /** Another process has it. */
  | { readonly is: 'moved' };

/**
 * A client that was greeted and asks for a room: joining, waiting, paired, over. What others do to it (a room that is
 * complete, expired, replaced; a relay that drains) comes in from the side.
 */
export class Client implements Applicant, PairingMember {
  readonly is = 'client';
  readonly link: Link;
  readonly room: string;
  readonly sender: string | undefined;
  readonly #dialect: string;
  readonly #note: unknown;
  readonly #arrival: Arrival;
  readonly #context: ConnectionContext;
  /** Undefined as long as it takes whichever place is free. */
  #role: Role | undefined;
  #stage: Stage;

  /** @param said the words by which it asks; what came behind them is in the link */
  constructor(
    link: Link,
    { room, sender, dialect, note }: Identity,
    said: Buffer,
    arrival: Arrival,
    context: ConnectionContext,
  ) {
    this.link = link;
    // (One by one: an object of them would be 32 bytes more for each client that waits.)
    this.room = room;
    this.sender = sender;
    this.#dialect = dialect;
    this.#note = note;
    this.#arrival = arrival;
    this.#context = context;
    this.#stage = { is: 'joining', said, stopWaiting: ignore };
  }

  get source(): string | undefined {
    return this.#arrival.source;
  }

  get member(): PairingMember {
    return this;
  }

  /** Nothing more is to be done with it here. */
  isOver(): boolean {
    const { is } = this.#stage;
    return is === 'over' || is === 'moved' || this.link.wire.stream.destroyed;
  }

  get isMoved(): boolean {
    return this.#stage.is === 'moved';
  }

  /** Asks for its place, and waits there, or is paired. */
  async join(request: RoomRequest, source: string): Promise<void> {
    if (request.role !== 'either') this.#role = request.role;
    const refusal = await admit(this, request, source, this.#context);
    if (refusal !== undefined) this.refuse(refusal);
  }

  seat(seated: Seated): Promise<void> | void {
    const { room } = this;
    const { rooms, now } = this.#context;
    if (seated.kind === 'waiting') {
      this.#role ??= rooms.sender(room) === this ? 'sender' : 'receiver';
      return this.#startWaiting(seated.deadline, now(), seated.hasOpened);
    }
    this.#role ??= seated.sender === this ? 'sender' : 'receiver';
    // (Whom another process carries is in no room that can be completed.)
    const members = [seated.sender, ...seated.receivers].flatMap(({ member }) => member ?? []);
    return new Pairing(room, members, this.#context).start();
  }

  /** Goes on waiting, as it did in another process. Its place in the room is its already. */
  adopt(role: Role, deadline: number, waitedMs: number): void {
    this.#role = role;
    this.#startWaiting(deadline, this.#context.now() - waitedMs, false);
  }

  /** Undefined where it stays: paired, over, or not to be moved. */
  release(retry: boolean): Released | undefined {
    const { tcp, stream } = this.link.wire;
    const stage = this.#stage;
    if ((stage.is !== 'joining' && stage.is !== 'waiting') || this.isOver()) return undefined;
    if (this.#note === undefined || !this.#arrival.isMovable || !isDetachable(stream)) return undefined;
    // One that has no place yet asks again there, in the same words.
    const seat = stage.is === 'waiting' ? this.#seat(retry, stage.since) : undefined;
    const said = stage.is === 'joining' ? stage.said : NOTHING;
    this.#moveTo({ is: 'moved' });
    stopReading(stream);
    const ahead = this.link.inlet.empty();
    const head = Buffer.concat([said, ahead, detach(tcp)]);
    this.#context.rooms.unregister(this);
    return { client: { source: this.#arrival.known, head, seat }, socket: tcp };
  }

  /** Refuses it, or what it waited for: one sentence, then it is closed. */
  refuse(refusal: Refusal): void {
    if (this.#stage.is === 'over' || this.#stage.is === 'moved') return;
    this.#end(refusal.token, this.link.voice.refused(refusal), this.#arrival.stay());
  }

  evict(why: Eviction<unknown>['why']): void {
    const stage = this.#stage;
    if (why === 'room-closed' && stage.is === 'paired') return stage.pairing.stop('operator');
    if (why !== 'lost') return this.refuse({ token: why });
    if (stage.is === 'paired') return stage.pairing.lose(this.link);
    this.#leave('lost');
  }

  pair(pairing: Pairing): number {
    const stage = this.#stage;
    const waitedMs = stage.is === 'waiting' ? pairing.at - stage.since : 0;
    this.#moveTo({ is: 'paired', pairing, waitedMs, unpairedAt: undefined });
    this.link.wire.tcp.setKeepAlive(true, KEEPALIVE_MS);
    this.link.say(this.link.voice.paired());
    return waitedMs;
  }

  unpair(): void {
    const { now, rooms } = this.#context;
    if (this.#stage.is === 'paired') this.#stage.unpairedAt ??= now();
    rooms.unregister(this);
  }

  /** The relay stops: what waits is told so. A pairing goes on, and what it left behind goes out, until `cut`. */
  drain(): void {
    if (this.#stage.is !== 'paired' && !this.isOver()) this.refuse({ token: 'shutting-down' });
  }

  /** The grace is over. */
  cut(): void {
    if (this.#stage.is === 'paired') this.#stage.pairing.stop('shutdown');
  }

  /** Its wire is closed. */
  closed(): void {
    this.#stopWaiting();
    this.#context.rooms.unregister(this);
  }

  report(): ConnectionReport {
    const { now } = this.#context;
    const stage = this.#stage;
    const since = stage.is === 'waiting' || stage.is === 'over' ? stage.since : undefined;
    const waitedMs = stage.is === 'paired' ? stage.waitedMs : since === undefined ? 0 : now() - since;
    const pairedMs = stage.is === 'paired' ? (stage.unpairedAt ?? now()) - stage.pairing.at : 0;
    return {
      source: this.source,
      sender: this.sender,
      bytesIn: this.link.inlet.bytes,
      bytesOut: this.link.bytesOut,
      waitedMs: Math.round(waitedMs),
      pairedMs: Math.round(pairedMs),
    };
  }

  /** What is told when it is closed. */
  record(): ConnectionRecord {
    const { is } = this.#stage;
    const wasAdmitted =
      is === 'waiting' || is === 'paired' || (is === 'over' && this.#stage.since !== undefined);
    return {
      role: this.#role,
      room: this.room,
      admitted: wasAdmitted,
      ending: this.link.ending ?? 'lost',
      // Last: an object that begins with a spread, and goes on, takes many times longer.
      ...this.report(),
    };
  }

  delay(): void {
    const stage = this.#stage;
    if (stage.is !== 'joining') return;
    const { now } = this.#context;
    const onLeft = (end: StreamEnd): void => this.#leave(end);
    stage.stopWaiting = startWaiting(this.link, { deadline: undefined, now, onLeft, onHalfClosed: ignore });
  }

  #startWaiting(deadline: number, since: number, hasOpened: boolean): void {
    const { now } = this.#context;
    const joining = this.#stage;
    if (joining.is === 'joining') {
      // Now, and not when it moves on: that would silence what is told from here on of its client's end.
      joining.stopWaiting();
      joining.stopWaiting = ignore;
    }
    const stopWaiting = startWaiting(this.link, {
      deadline,
      now,
      onLeft: (end) => {
        this.#countProbe();
        this.#leave(end);
      },
      onHalfClosed: () => {
        // A plain client that closes its socket whole looks like this too. A receiver still waits for what it came for; of a
        // sender that has sent nothing, nothing will ever come.
        if (this.#role === 'sender') this.#countProbe();
      },
    });
    this.#moveTo({ is: 'waiting', since, hasOpened, stopWaiting });
  }

  #countProbe(): void {
    const { guard, now, onFault } = this.#context;
    const stage = this.#stage;
    if (stage.is !== 'waiting' || this.source === undefined) return;
    const { hasOpened, since } = stage;
    if (isProbe({ hasOpened, waitedMs: now() - since, bytesIn: this.link.inlet.bytes }))
      guard.suspect(this.source).catch(onFault);
  }

  #seat(retry: boolean, since: number): Seat | undefined {
    if (this.#role === undefined) return undefined;
    return {
      ...{ room: this.room, sender: this.sender, dialect: this.#dialect, note: this.#note },
      ...{ role: this.#role, retry, waitedMs: this.#context.now() - since },
    };
  }

  /** It left its room by itself, or is gone. */
  #leave(ending: StreamEnd): void {
    this.#end(ending, ending === 'lost' ? this.link.voice.disconnected('lost') : undefined, true);
  }

  /** Out of its room, with its last words. */
  #end(ending: Ending, lastWords: Parameters<Link['farewell']>[1], mayStay: boolean): void {
    const stage = this.#stage;
    this.#moveTo({ is: 'over', since: stage.is === 'waiting' ? stage.since : undefined });
    this.#context.rooms.unregister(this);
    this.link.farewell(ending, lastWords);
    if (mayStay) this.link.dismiss(this.#context.hangUp);
    else closeAbruptly(this.link.wire);
  }

  #moveTo(stage: Stage): void {
    this.#stopWaiting();
    this.#stage = stage;
  }

  #stopWaiting(): void {
    const stage = this.#stage;
    if (stage.is === 'joining' || stage.is === 'waiting') stage.stopWaiting();
  }
}

const NOTHING = Buffer.alloc(0);

function ignore(): void {
  // Nothing waits yet, or what happened changes nothing.
}
