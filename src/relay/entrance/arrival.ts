import type { Socket } from 'node:net';
import { sourceOf } from '../../guard/source.js';
import { type Refusal, type RefusalToken, TLS_ONLY } from '../../protocol/replies.js';
import type { Census } from './census.js';
import type { ConnectionContext } from '../context.js';
import { readProxySource } from './proxy-source.js';
import { ACCESS_DENIED, readOpening, type Tls } from './tls.js';
import { type NoLine, readFirstLine, refusalWithoutLine } from '../dialects/first-line.js';
import { hangUp } from '../wire/hang-up.js';
import { TcpWire } from '../wire/tcp.js';
import { closeAbruptly, type Wire } from '../wire/wire.js';

type ArrivalContext = Pick<
  ConnectionContext,
  'settings' | 'guard' | 'census' | 'refusals' | 'entrance' | 'now' | 'hangUp' | 'isDraining'
>;

export type Arrived =
  | { readonly kind: 'line'; readonly source: string; readonly text: string; readonly surplus: Buffer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** There is nobody to say a word to. */
  | { readonly kind: 'left'; readonly ending: 'closed' | RefusalToken }
  /** Its socket is closed or moves to another process, or somebody else has refused it. */
  | { readonly kind: 'over' };

const OVER: Arrived = { kind: 'over' };

/** How long one that is refused in any case has to show who it is, and whether it speaks TLS, in milliseconds. */
const REFUSED_PATIENCE_MS = 1_000;

/**
 * A connection from its acceptance to its line: who it comes from, whether it may come in, and what it asks for. One
 * absolute deadline, the handshake timeout, covers all that it has to write.
 */
export class Arrival {
  /** What is read and written: the TCP connection, or the TLS in it. */
  wire: Wire;
  readonly #context: ArrivalContext;
  /** Called when `wire` is another one. */
  readonly #onWire: (wire: Wire) => void;
  /** Undefined where the client was gone before its address could be read. */
  #source: string | undefined;
  /** Where it is counted, and as whose. */
  #place: { readonly census: Census; readonly source: string | undefined } | undefined;
  /** Nothing stands between it and its line any more. */
  #isThrough: boolean;
  /** How it can be spoken to: `unread` may turn out to be TLS, and in the `handshake` it cannot be. */
  #speech: 'unread' | 'handshake' | 'open';
  /** What it is told when its handshake is over. */
  #lastWords: string | undefined;

  /** @param known its source, where it has come through the entrance already: in another process */
  constructor(
    socket: Socket,
    context: ArrivalContext,
    onWire: (wire: Wire) => void,
    known: string | undefined,
  ) {
    this.wire = new TcpWire(socket);
    this.#context = context;
    this.#onWire = onWire;
    this.#speech = context.entrance?.tls === undefined ? 'open' : 'unread';
    this.#source = known ?? sourceOf(socket.remoteAddress);
    this.#isThrough = known !== undefined;
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

  /** Counts it in, whose line another process has read. */
  adopt(): void {
    this.#enter(this.#context.census, this.#source);
  }

  /** @param isOver whether it is closed, or refused, whoever did that */
  async read(isOver: () => boolean): Promise<Arrived> {
    const { guard, settings, entrance, census, refusals, now, isDraining } = this.#context;
    const deadline = now() + settings.handshakeTimeoutMs;
    let isProxys = false;
    if (!this.#isThrough && entrance?.proxies?.has(this.wire.tcp.remoteAddress) === true) {
      // As long as nobody knows whose it is, it is counted against nobody.
      const isFull = !this.#enter(census, undefined);
      if (isFull && !this.#enter(refusals, undefined)) return refused({ token: 'server-full' });
      const patience = isFull ? REFUSED_PATIENCE_MS : Infinity;
      const proxied = await readProxySource(this.wire.tcp, Math.min(patience, settings.handshakeTimeoutMs));
      if (isOver()) return OVER;
      if (proxied.kind === 'source') this.#source = proxied.source ?? this.#source;
      if (isFull) return refused({ token: 'server-full' });
      if (proxied.kind !== 'source') return withoutLine(proxied);
      isProxys = proxied.source === undefined;
    }

    this.#isThrough = true;
    const source = this.#source;
    // A client that reset at once has no address any more.
    if (source === undefined) {
      this.wire.tcp.destroy();
      return OVER;
    }
    if (isDraining()) return refused({ token: 'shutting-down' });
    const turnedAway = isProxys ? undefined : await guard.arriving(source);
    if (isOver()) return OVER;
    if (turnedAway !== undefined) return refused(turnedAway);
    if (!isProxys && !this.#enter(census, source)) return refused({ token: 'server-full' });

    const timeLeft = (): number => Math.max(1, deadline - now());
    if (entrance?.tls !== undefined) {
      const failed = await this.#secure(entrance.tls, timeLeft);
      if (failed?.kind === 'left') return failed;
      if (isOver()) return OVER;
      if (failed !== undefined) return failed;
    }

    const first = await readFirstLine(this.wire.stream, timeLeft());
    if (isOver()) return OVER;
    if (first.kind !== 'line') return withoutLine(first);
    return { kind: 'line', source, text: first.text, surplus: first.surplus };
  }

  /**
   * It is refused: where it was served, another may have its place.
   * @returns whether it may stay open until its client has read why. False for one that never had a place, in a flood of
   * such refusals.
   */
  stay(): boolean {
    // One that is closed already was counted out, and will not be again.
    if (this.wire.stream.destroyed) return false;
    return this.#enter(this.#context.refusals, this.#source) || this.#place !== undefined;
  }

  /**
   * Says why it cannot come in, in words or as TLS has it, and closes. Before a handshake was done, in the flood that a
   * refusal may be one of, it costs no handshake.
   */
  async turnAway(words: string, mayStay: boolean): Promise<void> {
    if (!mayStay) {
      const isTls = this.#speech === 'unread' && this.#context.entrance?.tls?.only === true;
      if (this.#speech !== 'handshake') this.wire.stream.end(isTls ? ACCESS_DENIED : words);
      return closeAbruptly(this.wire);
    }
    if (this.#speech === 'handshake') {
      this.#lastWords = words;
      return;
    }
    let answer: string | Buffer = words;
    if (this.#speech === 'unread') {
      this.#speech = 'open';
      const opening = await readOpening(this.wire.tcp, REFUSED_PATIENCE_MS);
      if (opening.kind === 'tls') answer = ACCESS_DENIED;
    }
    this.wire.stream.write(answer);
    hangUp(this.wire, this.#context.hangUp);
  }

  /** TLS, where it comes with that. Undefined where the line can be read now. */
  async #secure(tls: Tls, timeLeft: () => number): Promise<Arrived | undefined> {
    this.#speech = 'open';
    const opening = await readOpening(this.wire.tcp, timeLeft());
    if (opening.kind === 'plain') return tls.only ? invalid(TLS_ONLY) : undefined;
    if (opening.kind !== 'tls') return withoutLine(opening);
    this.#speech = 'handshake';
    const secured = await tls.secure(this.wire.tcp, timeLeft());
    switch (secured.kind) {
      case 'failed':
        return { kind: 'left', ending: 'invalid-handshake' };
      case 'timed-out':
        return { kind: 'left', ending: 'handshake-timeout' };
      case 'lost':
        return OVER;
      case 'secure':
        this.wire = secured.wire;
        this.#speech = 'open';
        this.#onWire(this.wire);
        if (this.#lastWords !== undefined) await this.turnAway(this.#lastWords, true);
        return undefined;
    }
  }

  /** It is counted no longer. */
  leave(): void {
    this.#place?.census.leave(this.#place.source);
    this.#place = undefined;
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

function withoutLine(failed: NoLine | { readonly kind: 'invalid'; readonly problem: string }): Arrived {
  if (failed.kind === 'lost' || failed.kind === 'stopped') return OVER;
  if (failed.kind === 'invalid') return invalid(failed.problem);
  const refusal = refusalWithoutLine(failed);
  return refusal === undefined ? { kind: 'left', ending: 'closed' } : refused(refusal);
}

function invalid(problem: string): Arrived {
  return refused({ token: 'invalid-handshake', problem });
}

function refused(refusal: Refusal): Arrived {
  return { kind: 'refused', refusal };
}
