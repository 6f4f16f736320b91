import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { ProgressWatch } from '../wire/progress.js';

/** How far the sender may be ahead of the slowest receiver's socket, in bytes. */
const BUFFER_BYTES = 256 * 1024;

export interface FanOutOptions {
  readonly stallTimeoutMs: number;
  readonly now: () => number;
  /** This one has taken nothing for the stall time. It is not written to any more. */
  readonly onStalled: (socket: Socket) => void;
}

/** Writes each chunk to every receiver, at the pace of the slowest one. */
export class FanOut extends Writable {
  readonly #options: FanOutOptions;
  readonly #sockets: Set<Socket>;
  /** Receivers whose buffers are full, each with the watch on it. */
  readonly #full = new Map<Socket, ProgressWatch>();
  #next: (() => void) | undefined;

  constructor(sockets: readonly Socket[], options: FanOutOptions) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#options = options;
    this.#sockets = new Set(sockets);
    for (const socket of sockets) socket.on('drain', () => this.#makeRoom(socket));
  }

  /** Goes on without this one. */
  drop(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#makeRoom(socket);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, next: () => void): void {
    for (const socket of this.#sockets) {
      if (!socket.write(chunk)) this.#full.set(socket, this.#watch(socket));
    }
    if (this.#full.size === 0) next();
    else this.#next = next;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    for (const socket of this.#sockets) this.drop(socket);
    callback(error);
  }

  #watch(socket: Socket): ProgressWatch {
    const { stallTimeoutMs, now, onStalled } = this.#options;
    return new ProgressWatch({
      limitMs: stallTimeoutMs,
      now,
      towards: [socket],
      onStuck: () => {
        this.drop(socket);
        onStalled(socket);
      },
    });
  }

  #makeRoom(socket: Socket): void {
    this.#full.get(socket)?.stop();
    if (!this.#full.delete(socket) || this.#full.size > 0) return;
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }
}
