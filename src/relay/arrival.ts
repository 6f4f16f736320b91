import type { Socket } from 'node:net';
import { sourceOf } from '../guard/source.js';
import type { Refusal } from '../protocol/replies.js';
import type { ConnectionContext } from './context.js';
import { readProxySource } from './entrance/proxy-source.js';
import { type NoLine, readFirstLine, refusalWithoutLine } from './first-line.js';

type ArrivalContext = Pick<
  ConnectionContext,
  'settings' | 'guard' | 'census' | 'entrance' | 'now' | 'isDraining'
>;

export type Arrived =
  | { readonly kind: 'line'; readonly source: string; readonly text: string; readonly surplus: Buffer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** It left without a word. */
  | { readonly kind: 'left' }
  /** Its socket is closed or moves to another process, or somebody else has refused it. */
  | { readonly kind: 'over' };

const OVER: Arrived = { kind: 'over' };

/** How long a connection that is refused in any case has for its header, in milliseconds. */
const REFUSED_PATIENCE_MS = 1_000;

/**
 * A connection from its acceptance to its line: who it comes from, whether it may come in, and what it asks for. One
 * absolute deadline, the handshake timeout, covers all that it has to write.
 */
export class Arrival {
  readonly socket: Socket;
  readonly #context: ArrivalContext;
  /** Undefined where the client was gone before its address could be read. */
  #source: string | undefined;
  #isCounted = false;
  /** Nothing stands between it and its line any more. */
  #isThrough: boolean;
  /** As whose it was counted. */
  #countedFor: string | undefined;

  /** @param known its source, where it has come through the entrance already: in another process */
  constructor(socket: Socket, context: ArrivalContext, known: string | undefined) {
    this.socket = socket;
    this.#context = context;
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

  /** Counts it in, whose line another process has read. */
  adopt(): void {
    this.#enter(this.#source);
  }

  /** @param isOver whether it is closed, or refused, whoever did that */
  async read(isOver: () => boolean): Promise<Arrived> {
    const { guard, settings, entrance, now, isDraining } = this.#context;
    const deadline = now() + settings.handshakeTimeoutMs;
    let isProxys = false;
    if (!this.#isThrough && entrance?.proxies.has(this.socket.remoteAddress) === true) {
      // As long as nobody knows whose it is, it is counted against nobody.
      const isFull = !this.#enter(undefined);
      const proxied = await readProxySource(
        this.socket,
        isFull ? Math.min(REFUSED_PATIENCE_MS, settings.handshakeTimeoutMs) : settings.handshakeTimeoutMs,
      );
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
      this.socket.destroy();
      return OVER;
    }
    if (isDraining()) return refused({ token: 'shutting-down' });
    const turnedAway = isProxys ? undefined : await guard.arriving(source);
    if (isOver()) return OVER;
    if (turnedAway !== undefined) return refused(turnedAway);
    if (!isProxys && !this.#enter(source)) return refused({ token: 'server-full' });

    const first = await readFirstLine(this.socket, Math.max(1, deadline - now()));
    if (isOver()) return OVER;
    return first.kind === 'line' ? { ...first, source } : withoutLine(first);
  }

  /** It is counted no longer. */
  leave(): void {
    if (this.#isCounted) this.#context.census.leave(this.#countedFor);
    this.#isCounted = false;
  }

  #enter(source: string | undefined): boolean {
    this.leave();
    this.#isCounted = this.#context.census.enter(source);
    this.#countedFor = source;
    return this.#isCounted;
  }
}

function withoutLine(failed: NoLine | { readonly kind: 'invalid'; readonly problem: string }): Arrived {
  if (failed.kind === 'lost' || failed.kind === 'stopped') return OVER;
  if (failed.kind === 'invalid') return refused({ token: 'invalid-handshake', problem: failed.problem });
  const refusal = refusalWithoutLine(failed);
  return refusal === undefined ? { kind: 'left' } : refused(refusal);
}

function refused(refusal: Refusal): Arrived {
  return { kind: 'refused', refusal };
}
