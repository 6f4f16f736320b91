import type { Socket } from 'node:net';
import type { Attempt } from '../guard/guard.js';
import { type JoinRequest, parseHandshake } from '../protocol/handshake.js';
import { plainVoice, type Refusal, voice } from '../protocol/replies.js';
import { Arrival } from './arrival.js';
import type { ConnectionContext } from './context.js';
import { payerOf } from './costs/costs.js';
import { isCostLimit } from './costs/meter.js';
import type { Guest } from './guest.js';
import { closeAbruptly, hangUp, LINGER_MS } from './hang-up.js';
import { startHeartbeat } from './heartbeat.js';
import { Inlet, type StreamEnd } from './inlet.js';
import { Link } from './link.js';
import type { ConnectionReport, Ending } from './observer.js';
import type { ClientNote, Seat } from './handover/channel.js';
import { detach, isDetachable } from './handover/moving.js';
import { withoutPlace } from './refusals.js';
import { stopReading } from './read-head.js';
import type { Admission, Eviction } from './rooms.js';
import { Splice } from './splice.js';
import { tcpOf } from './tls-socket.js';

/** How often a connection that waits is probed, in milliseconds: finds peers that vanished without a word. */
export const KEEPALIVE_MS = 30_000;

// What a failed socket means is told by its 'close', wherever the connection stands then.
const ignore = (): void => undefined;

/**
 * One client's connection, from its acceptance to its one log line. `serve` is its story, top to bottom;
 * what others do to it (a room that is complete, expired, replaced; a relay that drains) comes in from the side.
 */
export class Connection implements Guest {
  readonly #context: ConnectionContext;
  readonly #arrival: Arrival;
  /** Of its line: not the code, the key or the token, which nothing keeps. */
  #asked: Pick<JoinRequest, 'role' | 'status' | 'raw'> | undefined;
  #room: string | undefined;
  #sender: string | undefined;
  #link: Link | undefined;
  #splice: Splice | undefined;
  #ending: Ending | undefined;
  #stopHeartbeat: (() => void) | undefined;
  #waitsSince: number | undefined;
  #pairedAt: number | undefined;
  #overAt: number | undefined;
  #isReleased = false;

  /** @param source where it came through the entrance of another process */
  constructor(socket: Socket, context: ConnectionContext, source?: string) {
    this.#context = context;
    this.#arrival = new Arrival(socket, context, (secured) => this.#watch(secured), source);
    this.#watch(socket);
  }

  get #socket(): Socket {
    return this.#arrival.socket;
  }

  async serve(): Promise<void> {
    const { guard, hash, rooms, costs } = this.#context;
    const arrived = await this.#arrival.read(() => this.#isOver());
    switch (arrived.kind) {
      case 'over':
        return void this.#socket.resume();
      case 'refused':
        return this.refuse(arrived.refusal);
      case 'left':
        this.#ending ??= arrived.ending;
        if (arrived.ending === 'closed') return hangUp(this.#socket, LINGER_MS, this.#context.now);
        return void this.#socket.destroy();
      case 'line':
    }
    const { source, text, surplus } = arrived;
    const handshake = parseHandshake(text);
    if (!handshake.ok) {
      const { problem, status } = handshake;
      return this.refuse({ token: 'invalid-handshake', problem }, voice({ status, raw: false }));
    }
    const { request } = handshake;
    const room = hash('room', request.code);
    const link = this.#meet(room, request, surplus);

    // Before anything is asked of the room: whoever may not send learns nothing of it.
    if (!this.#isTrusted(request)) return this.refuse(await guard.withoutToken(source));
    const attempt: Attempt = { source, room, live: rooms.isLive(room) };
    const barred = await guard.joining(attempt);
    if (this.#isOver()) return;
    if (barred !== undefined) return this.refuse(barred);
    if (request.role === 'sender' && costs.isUsedUp(payerOf(this.#sender, source)))
      return this.refuse({ token: 'quota-exceeded' });
    const admission = this.#join(room, request);
    for (const eviction of admission.evicted) eviction.handle.evict(eviction.why);
    switch (admission.kind) {
      case 'refused':
        return this.refuse(await withoutPlace(admission, attempt, guard));
      case 'waiting':
        return this.#wait(link, admission.deadline, this.#context.now());
      case 'paired':
        return await this.#pair(room, [admission.sender, ...admission.receivers].filter(isConnection));
    }
  }

  /** Whose token it showed: of a sender, where the relay knows its senders. */
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
    const isMovable = this.#arrival.isMovable && isDetachable(this.#socket);
    if (this.#pairedAt !== undefined || this.#isOver() || !isMovable) return undefined;
    const seat = this.#seat(retry);
    // Between its line and its room: that takes no turn of the event loop.
    if (seat === undefined && this.#link !== undefined) return undefined;
    this.#isReleased = true;
    this.#stopWaiting();
    stopReading(this.#socket);
    const ahead = this.#link?.inlet.empty() ?? Buffer.alloc(0);
    const head = Buffer.concat([ahead, detach(this.#socket)]);
    this.#context.rooms.unregister(this);
    return { client: { source: this.#arrival.known, head, seat }, socket: this.#socket };
  }

  /** Refuses it, or what it waited for: one sentence, then it is closed. */
  refuse(refusal: Refusal, speaker = this.#link?.voice ?? plainVoice): void {
    this.#stopWaiting();
    const { now, rooms } = this.#context;
    rooms.unregister(this);
    if (this.#link === undefined) {
      this.#ending ??= refusal.token;
      void this.#arrival.turnAway(speaker.refused(refusal));
    } else {
      this.#link.farewell(refusal.token, speaker.refused(refusal));
      this.#link.dismiss(LINGER_MS, now);
    }
    this.#arrival.leave();
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
    closeAbruptly(this.#socket);
  }

  /** What is known of it so far. */
  report(): ConnectionReport {
    const { now } = this.#context;
    const waitEnd = this.#pairedAt ?? now();
    return {
      source: this.#arrival.source,
      sender: this.#sender,
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
    const link = new Link(this.#socket, new Inlet(this.#socket, surplus), voice({ status, raw }));
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

  #watch(socket: Socket): void {
    socket.on('error', ignore);
    // Behind all other listeners: they settle what the record tells. (It closes once; `once` would cost more.)
    socket.on('close', () => {
      // TLS closes after the TCP connection that it is in.
      if (socket === this.#socket) queueMicrotask(() => this.#record());
    });
  }

  #isOver(): boolean {
    return this.#socket.destroyed || (this.#link?.ending ?? this.#ending) !== undefined;
  }

  #isTrusted({ role, token }: JoinRequest): boolean {
    const { authorize } = this.#context;
    if (role === 'receiver' || authorize === undefined) return true;
    this.#sender = token === undefined ? undefined : authorize(token);
    return this.#sender !== undefined;
  }

  #join(room: string, { role, retry, key, wait, receivers = 1 }: JoinRequest): Admission<Guest> {
    const { rooms, hash } = this.#context;
    const joining = { retry, key: key === undefined ? undefined : hash('key', key) };
    return role === 'sender'
      ? rooms.claimSender(room, this, { ...joining, receivers })
      : rooms.registerReceiver(room, this, { ...joining, wait });
  }

  #wait(link: Link, deadline: number, since: number): void {
    const { inlet } = link;
    this.#waitsSince = since;
    if (this.#asked?.status === true) this.#stopHeartbeat = startHeartbeat(link, deadline, this.#context.now);
    inlet.onEnd = (end) => this.#endWhileWaiting(link, end);
    // Nobody takes anything yet: read ahead, as far as the inlet holds it, to see the client leave.
    inlet.read(0);
  }

  #endWhileWaiting(link: Link, end: StreamEnd): void {
    if (end === 'lost' || this.#asked?.status === true) return this.#leave(link, end);
    // Half-closed, or closed whole behind a small file: what it sent is kept. A probe to a socket that was
    // closed whole would be answered by a reset.
    tcpOf(link.socket).setKeepAlive(false);
  }

  /** It left its room by itself, or is gone. */
  #leave(link: Link, ending: 'closed' | 'lost'): void {
    this.#stopWaiting();
    this.#context.rooms.unregister(this);
    link.farewell(ending, ending === 'lost' ? link.voice.disconnected('lost') : undefined);
    link.dismiss(LINGER_MS, this.#context.now);
  }

  /** Called on the one who made the room complete, for all of its members, the sender first. */
  async #pair(room: string, members: readonly Connection[]): Promise<void> {
    const { rooms, guard, observer, settings, share, costs, now } = this.#context;
    const pairedAt = now();
    for (const member of members) member.#startPairing(pairedAt);
    const [sender, ...receivers] = members.flatMap((member) => member.#link ?? []);
    const payer = members[0];
    if (sender === undefined || payer === undefined) return;
    observer.paired(
      members.map((member) => pairedAt - (member.#waitsSince ?? pairedAt)),
      payer.sender,
    );
    const splice = new Splice(sender, receivers, {
      idleTimeoutMs: settings.idleTimeoutMs,
      stallTimeoutMs: settings.stallTimeoutMs,
      share,
      meter: costs.meter(payerOf(payer.sender, payer.#arrival.source), rooms.find(room)),
      now,
      onRelayed: (direction, bytes) => observer.relayed(direction, bytes, payer.sender),
      onDropped: (link) => {
        const dropped = members.find((member) => member.#link === link);
        if (dropped === undefined) return;
        dropped.#overAt = now();
        rooms.unregister(dropped);
      },
      onOver: (cause) => {
        // Such a room is not held: it would come to the same limit.
        if (isCostLimit(cause)) rooms.close(room);
        for (const member of members) {
          member.#overAt ??= now();
          rooms.unregister(member);
        }
        observer.unpaired(now() - pairedAt);
      },
    });
    for (const member of members) member.#splice = splice;
    await guard.paired(
      room,
      members.flatMap((member) => member.#arrival.source ?? []),
    );
  }

  #startPairing(pairedAt: number): void {
    this.#stopWaiting();
    this.#pairedAt = pairedAt;
    tcpOf(this.#socket).setKeepAlive(true, KEEPALIVE_MS);
    this.#link?.say(this.#link.voice.paired());
  }

  #stopWaiting(): void {
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = undefined;
    if (this.#link !== undefined) this.#link.inlet.onEnd = () => undefined;
  }

  #record(): void {
    const { observer, rooms, onGone } = this.#context;
    this.#stopWaiting();
    rooms.unregister(this);
    this.#arrival.leave();
    // Its story is not over: another process tells it.
    if (this.#isReleased) return onGone(this);
    observer.connectionEnded({
      ...this.report(),
      role: this.#asked?.role,
      room: this.#room,
      admitted: this.#waitsSince !== undefined || this.#pairedAt !== undefined,
      ending: this.#link?.ending ?? this.#ending ?? 'lost',
    });
    onGone(this);
  }
}

function isConnection(guest: Guest): guest is Connection {
  return guest instanceof Connection;
}
