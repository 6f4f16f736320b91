import type { Socket } from 'node:net';
import type { Refusal } from '../protocol/replies.js';
import { Client } from './client.js';
import type { ConnectionContext } from './context.js';
import type { Dialect, Greeting, Voice } from './dialects/dialect.js';
import { Arrival, type Arrived } from './entrance/arrival.js';
import {
  type ClientNote,
  dialectOf,
  type Identity,
  noteOf,
  type Released,
  type Seat,
} from './handover/channel.js';
import { detach, isDetachable } from './handover/moving.js';
import type { ConnectionRecord, Ending } from './observer.js';
import { Link } from './splice/link.js';
import { hangUp } from './wire/hang-up.js';
import { Inlet } from './wire/inlet.js';
import { stopReading } from './wire/read-head.js';
import { closeAbruptly, type Wire } from './wire/wire.js';

type Stage =
  /** It comes in, and has not said what it wants. */
  | { readonly is: 'arriving' }
  /** It gets something that no room is needed for. */
  | { readonly is: 'served' }
  /** It asks for a room, or is in one: see there. */
  | Client
  | { readonly is: 'over'; readonly ending: Ending }
  /** Another process has it. */
  | { readonly is: 'moved' };

/**
 * One connection, from its acceptance to its one log line. `serve` is its story, top to bottom: it arrives, is greeted in
 * its dialect, and becomes a client.
 */
export class Connection {
  readonly #context: ConnectionContext;
  readonly #arrival: Arrival;
  /** Called last, when it is closed and its record was told. */
  readonly #onGone: (connection: Connection) => void;
  #stage: Stage = ARRIVING;

  /** @param source where it came through the entrance of another process */
  constructor(
    socket: Socket,
    context: ConnectionContext,
    onGone: (connection: Connection) => void,
    source?: string,
  ) {
    this.#context = context;
    this.#onGone = onGone;
    this.#arrival = new Arrival(socket, context, (wire) => this.#watch(wire), source);
    this.#watch(this.#wire);
  }

  get #wire(): Wire {
    return this.#arrival.wire;
  }

  async serve(): Promise<void> {
    const arrived = await this.#arrival.enter(() => this.#isOver);
    if (arrived.kind !== 'entered') return this.#turnAway(arrived);
    const { source, dialect, head, timeLeft } = arrived;
    const greeting = await dialect.greet(this.#wire, head, timeLeft);
    if (this.#isOver) {
      this.#turnAway({ kind: 'over' });
      // Where that fails, somebody has to hear of it.
      if (greeting.kind === 'served') await greeting.done;
      return;
    }
    switch (greeting.kind) {
      case 'over':
      case 'left':
      case 'refused':
        return this.#turnAway(greeting);
      case 'served':
        this.#arrival.carry(greeting.wire);
        this.#stage = SERVED;
        return this.#end(await greeting.done);
      case 'join':
        return await this.#meet(dialect, greeting).join(greeting.request, source);
    }
  }

  /**
   * Goes on with a client that waited in another process. Its place in the room is its already.
   * @returns undefined where nobody here speaks as it does: it is refused
   */
  adopt({ head }: ClientNote, seat: Seat, deadline: number): Client | undefined {
    const { room, role, sender, waitedMs } = seat;
    const [dialect, note] = [dialectOf(seat), noteOf(seat)];
    const greeted = this.#context.entrance.openings.named(dialect)?.restore?.(this.#wire.tcp, note);
    this.#arrival.adopt();
    if (greeted === undefined) {
      this.#refuse({ token: 'shutting-down' });
      return undefined;
    }
    const met = { ...greeted, surplus: Buffer.from(head), said: NOTHING };
    const client = this.#become(met, { room, sender, dialect, note });
    client.adopt(role, deadline, waitedMs);
    return client;
  }

  /**
   * Gives it up, for another process to go on with it: it waits, or has not said all that it wants.
   * Undefined where it stays: paired, over, or not to be moved.
   */
  release(): Released | undefined {
    if (this.#stage.is === 'client') return this.#stage.release(false);
    const { stream, tcp } = this.#wire;
    if (this.#stage.is !== 'arriving' || this.#isOver) return undefined;
    if (!this.#arrival.isMovable || !isDetachable(stream)) return undefined;
    this.#stage = { is: 'moved' };
    stopReading(stream);
    return { client: { source: this.#arrival.known, head: detach(tcp), seat: undefined }, socket: tcp };
  }

  /** The relay stops: what waits is told so. What is served or paired goes on, until `cut`. */
  drain(): void {
    if (this.#stage.is === 'client') this.#stage.drain();
    else if (this.#stage.is === 'arriving' && !this.#isOver) this.#refuse({ token: 'shutting-down' });
  }

  /** The grace is over. */
  cut(): void {
    if (this.#stage.is === 'client') this.#stage.cut();
    else if (this.#stage.is === 'served') this.abort();
  }

  /** Closes it at once. What was not all written ends in a reset: it must not look like a whole file. */
  abort(): void {
    closeAbruptly(this.#wire);
  }

  get #isOver(): boolean {
    const stage = this.#stage;
    if (stage.is === 'client') return stage.isOver();
    return stage.is === 'over' || stage.is === 'moved' || this.#wire.stream.destroyed;
  }

  #watch(wire: Wire): void {
    wire.stream.on('error', ignore);
    // Behind all other listeners: they settle what the record tells. (It closes once; `once` would cost more.)
    wire.stream.on('close', () => {
      // TLS closes after the TCP connection that it is in.
      if (wire === this.#wire) queueMicrotask(() => this.#record());
    });
  }

  #meet(dialect: Dialect, greeting: Extract<Greeting, { kind: 'join' }>): Client {
    const { authorize, names } = this.#context;
    const { code, role, token } = greeting.request;
    const sender = role === 'receiver' || token === undefined ? undefined : authorize?.(token);
    const room = names.room(code);
    return this.#become(greeting, { room, sender, dialect: dialect.name, note: greeting.note });
  }

  #become({ wire, voice, said, surplus }: Met, identity: Identity): Client {
    this.#arrival.carry(wire);
    const link = new Link(wire, new Inlet(wire, surplus), voice);
    const client = new Client(link, identity, said, this.#arrival, this.#context);
    this.#stage = client;
    return client;
  }

  /** It does not become a client. */
  #turnAway(why: Exclude<Arrived, { kind: 'entered' }> | Extract<Greeting, { kind: 'refused' }>): void {
    switch (why.kind) {
      case 'over':
        return void this.#wire.stream.resume();
      case 'left':
        return this.#end(why.ending);
      case 'refused':
        if ('wire' in why) this.#arrival.carry(why.wire);
        return this.#refuse(why.refusal, 'voice' in why ? why.voice : undefined);
    }
  }

  #refuse(refusal: Refusal, voice?: Voice): void {
    const mayStay = this.#arrival.stay();
    this.#stage = { is: 'over', ending: refusal.token };
    void this.#arrival.turnAway(refusal, mayStay, voice);
  }

  /** There is nothing more to say to it. */
  #end(ending: Ending): void {
    if (this.#stage.is === 'arriving' || this.#stage.is === 'served') this.#stage = { is: 'over', ending };
    if (ending === 'closed') hangUp(this.#wire, this.#context.hangUp);
    else this.#wire.stream.destroy();
  }

  #record(): void {
    const { observer } = this.#context;
    const stage = this.#stage;
    if (stage.is === 'client') stage.closed();
    this.#arrival.leave();
    // A story that is not over is told by another process.
    if (stage.is === 'moved' || (stage.is === 'client' && stage.isMoved)) observer.connectionMoved();
    else observer.connectionEnded(stage.is === 'client' ? stage.record() : this.#recordOf(stage));
    this.#onGone(this);
  }

  #recordOf(stage: Exclude<Stage, Client>): ConnectionRecord {
    const { source } = this.#arrival;
    return unadmitted(source, stage.is === 'over' ? stage.ending : 'lost');
  }
}

/** What a greeting and a seat in another process have in common. */
type Met = Pick<Extract<Greeting, { kind: 'join' }>, 'wire' | 'voice' | 'said' | 'surplus'>;

const ARRIVING = { is: 'arriving' } as const;
const SERVED = { is: 'served' } as const;
const NOTHING = Buffer.alloc(0);

/** The record of a connection that never came to a room. */
export function unadmitted(source: string | undefined, ending: Ending): ConnectionRecord {
  return {
    source,
    ending,
    role: undefined,
    sender: undefined,
    room: undefined,
    admitted: false,
    bytesIn: 0,
    bytesOut: 0,
    waitedMs: 0,
    pairedMs: 0,
  };
}

function ignore(): void {
  // What a failed wire means is told by its 'close', wherever the connection stands then.
}
