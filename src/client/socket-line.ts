import type { Socket } from 'node:net';
import type { Line, LineReader } from '../transfer/line.js';
import { LineCut } from '../transfer/line-errors.js';
import { briefly } from './unreachable.js';

/**
 * What is read at once, at most: what the kernel has gathered meanwhile. Each time costs a call to the system and a turn
 * of the loop, whatever it brings.
 */
export const READ_BYTES = 512 * 1024;

/** The kernel asks after the other side when nothing was heard for so long, in milliseconds. */
export const KEEP_ALIVE_MS = 15_000;

const DONE = Promise.resolve();

interface Waiting {
  readonly resolve: (isMore: boolean) => void;
  readonly reject: (cut: LineCut) => void;
}

/** Until a socket takes more, the same for all who wait for it. */
interface Room {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (cut: LineCut) => void;
}

/** What the lines over a socket of Node have in common: all but how they read. */
export abstract class SocketLine implements Line {
  readonly closed: Promise<void>;
  readonly socket: Socket;
  /** Who is read for; the last one, where nobody is. */
  #reader: LineReader | undefined;
  #waiting: Waiting | undefined;
  #room: Room | undefined;
  /** How reading is over: in order, or cut. The first cause counts. */
  #over: 'end' | LineCut | undefined;
  #isForgetting = false;

  /** @param socket connected or connecting, standing still */
  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#cut(new LineCut());
        resolve();
      });
    });
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#settle('end'));
    socket.on('error', (error) => this.#cut(cutBy(error)));
  }

  read(reader: LineReader): Promise<boolean> {
    if (this.#over === 'end') return Promise.resolve(false);
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#reader = reader;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.demand();
    });
  }

  write(pieces: readonly Uint8Array[]): Promise<void> {
    const { socket } = this;
    if (!socket.writable) return Promise.reject(new LineCut());
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
    // Often the system takes all of it at once; that there is room is said later.
    if (!socket.writableNeedDrain || socket.writableLength === 0) return DONE;
    this.#room ??= untilRoom();
    return this.#room.promise;
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  async end(): Promise<void> {
    const { socket } = this;
    this.#isForgetting = true;
    socket.end();
    this.demand();
    if (socket.writableFinished) return;
    await Promise.race([this.closed, new Promise((resolve) => socket.once('finish', resolve))]);
  }

  abandon(): void {
    // While a FIN is on its way, libuv refuses to reset, and Node would then never close the socket.
    if (this.socket.writableEnded) this.socket.destroy();
    else this.reset();
    this.#cut(new LineCut());
  }

  /** Has `give` called once, when there is something. Called again before that, it has no more effect. */
  protected abstract demand(): void;

  protected reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Where the next bytes may be read to. */
  protected get space(): Uint8Array | undefined {
    return this.#isForgetting ? undefined : this.#reader?.space?.();
  }

  /** Gives what was demanded. */
  protected give(chunk: Uint8Array): void {
    if (this.#isForgetting) return this.demand();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#reader?.take(chunk);
    waiting?.resolve(true);
  }

  #drained(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #cut(cut: LineCut): void {
    this.#settle(cut);
    this.#room?.reject(cut);
    this.#room = undefined;
  }

  #settle(how: 'end' | LineCut): void {
    this.#over ??= how;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#over === 'end') waiting?.resolve(false);
    else waiting?.reject(this.#over);
  }
}

function untilRoom(): Room {
  let settle: Omit<Room, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, resolve: () => settle?.resolve(), reject: (cut) => settle?.reject(cut) };
}

/** A connection has failed which stood, and comes back by itself. A reset needs no name. */
function cutBy(error: NodeJS.ErrnoException): LineCut {
  const isCommon = error.code === 'ECONNRESET' || error.code === 'EPIPE';
  const detail = briefly(error);
  return new LineCut(isCommon ? undefined : `The line was cut: ${detail}.`, {
    cause: error,
    detail,
  });
}
