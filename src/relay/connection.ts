import type { Socket } from 'node:net';
import type { Attempt } from '../guard/guard.js';
import { type JoinRequest, parseHandshake } from '../protocol/handshake.js';
import { plainVoice, type Refusal, voice } from '../protocol/replies.js';
import { isProbe, join, withoutPlace } from './admission.js';
import { Arrival } from './entrance/arrival.js';
import type { ConnectionContext } from './context.js';
import { payerOf } from './costs/costs.js';
import type { Guest } from './rooms/guest.js';
import { hangUp } from './wire/hang-up.js';
import { Inlet } from './wire/inlet.js';
import { Link } from './splice/link.js';
import type { ConnectionReport, Ending } from './observer.js';
import type { ClientNote, Seat } from './handover/channel.js';
import { detach, isDetachable } from './handover/moving.js';
import { stopReading } from './entrance/read-head.js';
import type { Eviction } from './rooms/room.js';
import { KEEPALIVE_MS } from './listener.js';
import { type PairingMember, startPairing } from './splice/pairing.js';
import type { Splice } from './splice/splice.js';
import { startWaiting } from './splice/waiting.js';
import { closeAbruptly, type Wire } from './wire/wire.js';

// What a failed socket means is told by its 'close', wherever the connection stands then.
const ignore = (): void => undefined;

/**
 * One client's connection, from its acceptance to its one log line. `serve` is its story, top to bottom;
 * what others do to it (a room that is complete, expired, replaced; a relay that drains) comes in from the side.
 */
export class Connection implements PairingMember {
  readonly #context: ConnectionContext;
  readonly #arrival: Arrival;
  /** Of its line: not the code, the key or the token, which nothing keeps. */
  #asked: Pick<JoinRequest, 'role' | 'status' | 'raw'> | undefined;
  #room: string | undefined;
  #sender: string | undefined;
  #link: Link | undefined;
  #splice: Splice | undefined;
  #ending: Ending | undefined;
  #endWait: (() => void) | undefined;
  #waitsSince: number | undefined;
  /** There was no room before it came; of one that another process let in, that is not known. */
  #hasOpened = false;
  #pairedAt: number | undefined;
  #overAt: number | undefined;
  #isReleased = false;

  /** @param source where it came through the entrance of another process */
  constructor(socket: Socket, context: ConnectionContext, source?: string) {
    this.#context = context;
    this.#arrival = new Arrival(socket, context, (secured) => this.#watch(secured), source);
    this.#watch(this.#wire);
  }

  get #wire(): Wire {
    return this.#arrival.wire;
  }

  async serve(): Promise<void> {
    const { guard, names, rooms, costs } = this.#context;
    const arrived = await this.#arrival.read(() => this.#isOver());
    switch (arrived.kind) {
      case 'over':
        return void this.#wire.stream.resume();
      case 'refused':
        return this.refuse(arrived.refusal);
      case 'left':
        this.#ending ??= arrived.ending;
        if (arrived.ending === 'closed') return hangUp(this.#wire, this.#context.hangUp);
        return void this.#wire.stream.destroy();
      case 'line':
    }
    const { source, text, surplus } = arrived;
    const handshake = parseHandshake(text);
    if (!handshake.ok) {
      const { problem, status } = handshake;
      return this.refuse({ token: 'invalid-handshake', problem }, voice({ status, raw: false }));
    }
    const { request } = handshake;
    const room = names.room(request.code);
    const link = this.#meet(room, request, surplus);

    // Before anything is asked of the room: whoever may not send learns nothing of it.
    if (!this.#isTrusted(request))
      return this.refuse((await guard.suspect(source)) ?? { token: 'invalid-token' });
    const attempt: Attempt = { source, room, role: request.role, live: rooms.isLive(room) };
    const barred = await guard.joining(attempt);
    if (this.#isOver()) return;
    if (barred !== undefined) return this.refuse(barred);
    if (request.role === 'sender' && costs.isUsedUp(payerOf(this.#sender, source)))
      return this.refuse({ token: 'quota-exceeded' });
    const isLive = rooms.isLive(room);
    const admission = join(room, this, request, this.#context);
    for (const eviction of admission.evicted) eviction.handle.evict(eviction.why);
    switch (admission.kind) {
      case 'refused':
        return this.refuse(await withoutPlace(admission, attempt, request, guard));
      case 'waiting':
        this.#hasOpened = !isLive;
        return this.#wait(link, admission.deadline, this.#context.now());
      case 'paired':
        return await startPairing(
          room,
          [admission.sender, ...admission.receivers].filter(isConnection),
          this.#context,
        );
    }
  }

  get link(): Link | undefined {
    return this.#link;
  }

  get source(): string | undefined {
    return this.#arrival.source;
  }

  get sender(): string | undefined {
    return this.#sender;
  }

  /** Goes on with a client that waited in another process. Its place in the room is its already. */
  adopt({ head }: ClientNote, seat: Seat, deadline: number): void {
    this.#arrival.adopt();
    this.#sender = seat.sender;
    const link = this.#meet(seat.room, seat, Buffer.from(head));
    this.#wait(link, deadline, this.#context.now() - seat.waitedMs);
  }

  /**
   * Gives the client up, for another process to go on with it: it waits, or has not sent its whole line.
   * Undefined where it stays: paired, over, or not to be moved.
   */
  release(retry: boolean): { readonly client: ClientNote; readonly socket: Socket } | undefined {
    const isMovable = this.#arrival.isMovable && isDetachable(this.#wire.stream);
    if (this.#pairedAt !== undefined || this.#isOver() || !isMovable) return undefined;
    const seat = this.#seat(retry);
    // Between its line and its room: that takes no turn of the event loop.
    if (seat === undefined && this.#link !== undefined) return undefined;
    this.#isReleased = true;
    this.#stopWaiting();
    stopReading(this.#wire.stream);
    const ahead = this.#link?.inlet.empty() ?? Buffer.alloc(0);
    const head = Buffer.concat([ahead, detach(this.#wire.tcp)]);
    this.#context.rooms.unregister(this);
    return { client: { source: this.#arrival.known, head, seat }, socket: this.#wire.tcp };
  }

  /** Refuses it, or what it waited for: one sentence, then it is closed. */
  refuse(refusal: Refusal, speaker = this.#link?.voice ?? plainVoice): void {
    this.#stopWaiting();
    this.#context.rooms.unregister(this);
    const mayStay = this.#arrival.stay();
    if (this.#link === undefined) {
      this.#ending ??= refusal.token;
      void this.#arrival.turnAway(speaker.refused(refusal), mayStay);
      return;
    }
    this.#link.farewell(refusal.token, speaker.refused(refusal));
    if (mayStay) this.#link.dismiss(this.#context.hangUp);
    else closeAbruptly(this.#wire);
  }

  /** Its room has no place for it any more. */
  evict(why: Eviction<Guest>['why']): void {
    if (why === 'room-closed' && this.#splice !== undefined) return this.#splice.stop('operator');
    if (why !== 'lost') return this.refuse({ token: why });
    const link = this.#link;
    if (link === undefined) return;
    if (this.#splice !== undefined) return this.#splice.lose(link);
    this.#leave(link, 'lost');
  }

  startPairing(at: number): number {
    this.#stopWaiting();
    this.#pairedAt = at;
    this.#wire.tcp.setKeepAlive(true, KEEPALIVE_MS);
    this.#link?.say(this.#link.voice.paired());
    return at - (this.#waitsSince ?? at);
  }

  carriedBy(splice: Splice): void {
    this.#splice = splice;
  }

  endPairing(): void {
    this.#overAt ??= this.#context.now();
    this.#context.rooms.unregister(this);
  }

  /** The relay stops: what waits is told so. A pairing goes on, and what it left behind goes out, until `cut`. */
  drain(): void {
    if (!this.#isOver() && this.#splice === undefined) this.refuse({ token: 'shutting-down' });
  }

  /** The grace is over. */
  cut(): void {
    this.#splice?.stop('shutdown');
  }

  /** Closes it at once. What was not all written ends in a reset: it must not look like a whole file. */
  abort(): void {
    closeAbruptly(this.#wire);
  }

  /** What is known of it so far. */
  report(): ConnectionReport {
    const { now } = this.#context;
    const waitEnd = this.#pairedAt ?? now();
    return {
      source: this.source,
      sender: this.sender,
      bytesIn: this.#link?.inlet.bytes ?? 0,
      bytesOut: this.#link?.bytesOut ?? 0,
      waitedMs: this.#waitsSince === undefined ? 0 : Math.round(waitEnd - this.#waitsSince),
      pairedMs: this.#pairedAt === undefined ? 0 : Math.round((this.#overAt ?? now()) - this.#pairedAt),
    };
  }

  #meet(
    room: string,
    { role, status, raw }: Pick<JoinRequest, 'role' | 'status' | 'raw'>,
    surplus: Buffer,
  ): Link {
    const link = new Link(this.#wire, new Inlet(this.#wire, surplus), voice({ status, raw }));
    this.#asked = { role, status, raw };
    this.#room = room;
    this.#link = link;
    return link;
  }

  #seat(retry: boolean): Seat | undefined {
    const since = this.#waitsSince;
    if (this.#asked === undefined || this.#room === undefined || since === undefined) return undefined;
    return {
      ...this.#asked,
      room: this.#room,
      sender: this.#sender,
      retry,
      waitedMs: this.#context.now() - since,
    };
  }

  #watch(wire: Wire): void {
    wire.stream.on('error', ignore);
    // Behind all other listeners: they settle what the record tells. (It closes once; `once` would cost more.)
    wire.stream.on('close', () => {
      // TLS closes after the TCP connection that it is in.
      if (wire === this.#wire) queueMicrotask(() => this.#record());
    });
  }

  /** Nothing more is to be done with it here. */
  #isOver(): boolean {
    return (
      this.#isReleased || this.#wire.stream.destroyed || (this.#link?.ending ?? this.#ending) !== undefined
    );
  }

  #isTrusted({ role, token }: JoinRequest): boolean {
    const { authorize } = this.#context;
    if (role === 'receiver' || authorize === undefined) return true;
    this.#sender = token === undefined ? undefined : authorize(token);
    return this.#sender !== undefined;
  }

  #wait(link: Link, deadline: number, since: number): void {
    const { now } = this.#context;
    this.#waitsSince = since;
    this.#endWait = startWaiting(link, {
      deadline,
      status: this.#asked?.status === true,
      now,
      onLeft: (end) => {
        this.#countProbe(link, now() - since);
        this.#leave(link, end);
      },
      onHalfClosed: () => {
        // A plain client that closes its socket whole looks like this too. A receiver still waits for what it came for; of a
        // sender that has sent nothing, nothing will ever come.
        if (this.#asked?.role === 'sender') this.#countProbe(link, now() - since);
      },
    });
  }

  #countProbe({ inlet }: Link, waitedMs: number): void {
    const { guard, onFault } = this.#context;
    const departure = { hasOpened: this.#hasOpened, waitedMs, bytesIn: inlet.bytes };
    if (this.source !== undefined && isProbe(departure)) guard.suspect(this.source).catch(onFault);
  }

  /** It left its room by itself, or is gone. */
  #leave(link: Link, ending: 'closed' | 'lost'): void {
    this.#stopWaiting();
    this.#context.rooms.unregister(this);
    link.farewell(ending, ending === 'lost' ? link.voice.disconnected('lost') : undefined);
    link.dismiss(this.#context.hangUp);
  }

  #stopWaiting(): void {
    this.#endWait?.();
    this.#endWait = undefined;
  }

  #record(): void {
    const { observer, rooms, onGone } = this.#context;
    this.#stopWaiting();
    rooms.unregister(this);
    this.#arrival.leave();
    if (this.#isReleased) {
      // Its story is not over: another process tells it.
      observer.connectionMoved();
      return onGone(this);
    }
    observer.connectionEnded({
      role: this.#asked?.role,
      room: this.#room,
      admitted: this.#waitsSince !== undefined || this.#pairedAt !== undefined,
      ending: this.#link?.ending ?? this.#ending ?? 'lost',
      // Last: an object that begins with a spread, and goes on, takes many times longer.
      ...this.report(),
    });
    onGone(this);
  }
}

function isConnection(guest: Guest): guest is Connection {
  return guest instanceof Connection;
}
