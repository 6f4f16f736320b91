import type { Socket } from 'node:net';
import { sourceOf } from '../../guard/source.js';
import type { Guard } from '../../guard/guard.js';
import { type Refusal, type RefusalToken, TLS_ONLY } from '../../protocol/replies.js';
import type { Dialect, Voice } from '../dialects/dialect.js';
import { hangUp, type HangUpTimes } from '../wire/hang-up.js';
import type { NoHead } from '../wire/read-head.js';
import { TcpWire } from '../wire/tcp.js';
import { closeAbruptly, type Wire } from '../wire/wire.js';
import type { Census } from './census.js';
import type { Entrance } from './entrance.js';
import type { Opening } from './openings.js';
import { readProxySource } from './proxy-source.js';
import { ACCESS_DENIED, type Tls } from './tls.js';

export interface ArrivalContext {
  readonly settings: { readonly handshakeTimeoutMs: number };
  readonly guard: Pick<Guard, 'arriving'>;
  /** Those who are served, or are on their way to it. */
  readonly census: Census;
  /** Those who are refused, and not closed yet. */
  readonly refusals: Census;
  readonly entrance: Entrance;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly hangUp: HangUpTimes;
  readonly isDraining: () => boolean;
}

export type Arrived =
  /** It may say what it wants, and has `timeLeft` for it. `head`: what was read of that. */
  | {
      readonly kind: 'entered';
      readonly source: string;
      readonly dialect: Dialect;
      readonly head: Buffer;
      readonly timeLeft: () => number;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** There is nobody to say a word to. */
  | { readonly kind: 'left'; readonly ending: 'closed' | RefusalToken }
  /** Its wire is closed or moves to another process, or somebody else has refused it. */
  | { readonly kind: 'over' };

const OVER: Arrived = { kind: 'over' };
const NOTHING = Buffer.alloc(0);

/** How long one that is refused in any case has to show who it is, and what it speaks, in milliseconds. */
const REFUSED_PATIENCE_MS = 1_000;

/**
 * A connection from its acceptance to its greeting: who it comes from, whether it may come in, and what it speaks. One
 * absolute deadline, the handshake timeout, covers all that it has to write.
 */
export class Arrival {
  readonly #context: ArrivalContext;
  /** Called when `wire` is another one. */
  readonly #onWire: (wire: Wire) => void;
  #wire: Wire;
  /** Undefined where the client was gone before its address could be read. */
  #source: string | undefined;
  /** Where it is counted, and as whose. */
  #place: { readonly census: Census; readonly source: string | undefined } | undefined;
  /** Nothing stands between it and its greeting any more. */
  #isThrough: boolean;
  /** How it can be spoken to: `unread` may turn out to be TLS or any dialect, and in the `handshake` it cannot be. */
  #speech: 'unread' | 'handshake' | 'open';
  #voice: Voice;
  /** Why it is refused, to be said when its handshake is over. */
  #lastWords: Refusal | undefined;

  /** @param known its source, where it has come through the entrance already: in another process */
  constructor(
    socket: Socket,
    context: ArrivalContext,
    onWire: (wire: Wire) => void,
    known: string | undefined,
  ) {
    const { openings, tls } = context.entrance;
    this.#wire = new TcpWire(socket);
    this.#context = context;
    this.#onWire = onWire;
    this.#speech = tls === undefined && openings.only !== undefined ? 'open' : 'unread';
    this.#voice = openings.rest.voice;
    this.#source = known ?? sourceOf(socket.remoteAddress);
    this.#isThrough = known !== undefined;
  }

  /** What is read and written: the TCP connection, TLS in it, or what a dialect has put into that. */
  get wire(): Wire {
    return this.#wire;
  }

  /** Goes on with a wire that is carried by the one there was. */
  carry(wire: Wire): void {
    if (wire === this.#wire) return;
    this.#wire = wire;
    this.#onWire(wire);
  }

  get source(): string | undefined {
    return this.#source;
  }

  /** Its source, once it has come through the entrance. */
  get known(): string | undefined {
    return this.#isThrough ? this.#source : undefined;
  }

  /** The state of a TLS handshake is in this process. */
  get isMovable(): boolean {
    return this.#speech !== 'handshake';
  }

  /** Counts it in, whom another process has greeted. */
  adopt(): void {
    this.#speech = 'open';
    this.#enter(this.#context.census, this.#source);
  }

  /** @param isOver whether it is closed, or refused, whoever did that */
  async enter(isOver: () => boolean): Promise<Arrived> {
    const { guard, settings, entrance, census, refusals, now, isDraining } = this.#context;
    const deadline = now() + settings.handshakeTimeoutMs;
    const { tcp } = this.#wire;
    let isProxys = false;
    if (!this.#isThrough && entrance.proxies?.has(tcp.remoteAddress) === true) {
      // As long as nobody knows whose it is, it is counted against nobody.
      const isFull = !this.#enter(census, undefined);
      if (isFull && !this.#enter(refusals, undefined)) return refused({ token: 'server-full' });
      const patience = isFull ? REFUSED_PATIENCE_MS : Infinity;
      const proxied = await readProxySource(tcp, Math.min(patience, settings.handshakeTimeoutMs));
      if (isOver()) return OVER;
      if (proxied.kind === 'source') this.#source = proxied.source ?? this.#source;
      if (isFull) return refused({ token: 'server-full' });
      if (proxied.kind === 'invalid') return invalid(proxied.problem);
      if (proxied.kind !== 'source') return withoutHead(proxied);
      isProxys = proxied.source === undefined;
    }

    this.#isThrough = true;
    const source = this.#source;
    // A client that reset at once has no address any more.
    if (source === undefined) {
      tcp.destroy();
      return OVER;
    }
    if (isDraining()) return refused({ token: 'shutting-down' });
    const turnedAway = isProxys ? undefined : await guard.arriving(source);
    if (isOver()) return OVER;
    if (turnedAway !== undefined) return refused(turnedAway);
    if (!isProxys && !this.#enter(census, source)) return refused({ token: 'server-full' });

    const timeLeft = (): number => Math.max(1, deadline - now());
    const entered = (dialect: Dialect, head: Buffer): Arrived => {
      this.#voice = dialect.voice;
      return { kind: 'entered', source, dialect, head, timeLeft };
    };
    const { openings, tls } = entrance;
    this.#speech = 'open';
    let opening: Opening | NoHead | undefined;
    if (tls !== undefined) {
      opening = await openings.read(tcp, timeLeft(), 'with-tls');
      if (isOver()) return OVER;
      if (opening.kind === 'spoken' && tls.only) return invalid(TLS_ONLY);
      if (opening.kind === 'tls') {
        tcp.unshift(opening.head);
        const failed = await this.#secure(tls, timeLeft());
        if (failed?.kind === 'left') return failed;
        if (isOver()) return OVER;
        if (failed !== undefined) return failed;
        opening = undefined;
      }
    }
    if (opening === undefined && openings.only !== undefined) return entered(openings.only, NOTHING);
    opening ??= await openings.read(this.#wire.stream, timeLeft(), 'without-tls');
    if (isOver()) return OVER;
    return opening.kind === 'spoken' ? entered(opening.dialect, opening.head) : withoutHead(opening);
  }

  /**
   * It is refused: where it was served, another may have its place.
   * @returns whether it may stay open until its client has read why. False for one that never had a place, in a flood of
   * such refusals.
   */
  stay(): boolean {
    // One that is closed already was counted out, and will not be again.
    if (this.#wire.stream.destroyed) return false;
    return this.#enter(this.#context.refusals, this.#source) || this.#place !== undefined;
  }

  /**
   * Says why it cannot come in, in its own dialect or as TLS has it, and closes. Before a handshake was done, in the flood
   * that a refusal may be one of, it costs no handshake.
   * @param mayStay as `stay` tells
   * @param voice of a client that was greeted
   */
  async turnAway(refusal: Refusal, mayStay: boolean, voice: Voice = this.#voice): Promise<void> {
    const { entrance, hangUp: times } = this.#context;
    const { stream } = this.#wire;
    if (!mayStay) {
      const isTls = this.#speech === 'unread' && entrance.tls?.only === true;
      if (this.#speech !== 'handshake') stream.end(isTls ? ACCESS_DENIED : voice.refused(refusal));
      return closeAbruptly(this.#wire);
    }
    if (this.#speech === 'handshake') {
      this.#lastWords = refusal;
      return;
    }
    let answer = voice.refused(refusal);
    if (this.#speech === 'unread') {
      this.#speech = 'open';
      const tls = entrance.tls === undefined ? 'without-tls' : 'with-tls';
      const opening = await entrance.openings.read(stream, REFUSED_PATIENCE_MS, tls);
      if (opening.kind === 'tls') answer = ACCESS_DENIED;
      else if (opening.kind === 'spoken') answer = opening.dialect.voice.refused(refusal);
    }
    stream.write(answer);
    hangUp(this.#wire, times);
  }

  /** It is counted no longer. */
  leave(): void {
    this.#place?.census.leave(this.#place.source);
    this.#place = undefined;
  }

  /** Undefined where it can be greeted now. */
  async #secure(tls: Tls, timeoutMs: number): Promise<Arrived | undefined> {
    this.#speech = 'handshake';
    const secured = await tls.secure(this.#wire.tcp, timeoutMs);
    switch (secured.kind) {
      case 'failed':
        return { kind: 'left', ending: 'invalid-handshake' };
      case 'timed-out':
        return { kind: 'left', ending: 'handshake-timeout' };
      case 'lost':
        return OVER;
      case 'secure':
        this.carry(secured.wire);
        this.#speech = 'open';
        if (this.#lastWords !== undefined) await this.turnAway(this.#lastWords, true);
        return undefined;
    }
  }

  /** In place of where it was counted before. False where there is no place. */
  #enter(census: Census, source: string | undefined): boolean {
    if (this.#place?.census === census) this.leave();
    if (!census.enter(source)) return false;
    this.leave();
    this.#place = { census, source };
    return true;
  }
}

/** Before anything was known of what it speaks. */
function withoutHead(failed: NoHead | Opening): Arrived {
  switch (failed.kind) {
    case 'timed-out':
      return refused({ token: 'handshake-timeout' });
    case 'unfinished':
      // A port scan, a load balancer's health check.
      if (failed.bytes === 0) return { kind: 'left', ending: 'closed' };
      return invalid('it ends before it says what it is');
    default:
      return OVER;
  }
}

function invalid(problem: string): Arrived {
  return refused({ token: 'invalid-handshake', problem });
}

function refused(refusal: Refusal): Arrived {
  return { kind: 'refused', refusal };
}
