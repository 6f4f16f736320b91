import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/**
 * What is read at once, at most: what the kernel has gathered meanwhile. Each time costs a call to the system and a turn
 * of the loop, whatever it brings.
 */
export const READ_BYTES = 512 * 1024;

/** The kernel asks after the other side when nothing was heard for so long, in milliseconds. */
export const KEEP_ALIVE_MS = 15_000;

const NOTHING = Buffer.alloc(0);

/**
 * The socket to the relay. It stands still behind each chunk: nothing is given, and the chunk stays what it is, until
 * `resume` is called. There are no `data` events.
 */
export interface Line extends Socket {
  /**
   * Who gets what is read from here on, in place of who got it before: first what that one gave back.
   * @param take is given views that are good until it calls `resume`
   * @param space asked behind each chunk where the next may be read to; a line need not
   */
  readBy(take: (chunk: Buffer) => void, space?: () => Buffer | undefined): void;
  /** Gives back what came behind the last that was for the one who reads now. It must stay as it is. */
  unread(rest: Buffer): void;
  /** Reads on, also when it is called from the one who was given a chunk: by then that one is done with it. */
  resume(): this;
}

/**
 * A line over TCP. It reads to where its reader wants it, or into one buffer that it keeps, where a plain socket takes a
 * new one each time for the collector to find.
 */
export class PlainLine extends Socket implements Line {
  #take: ((chunk: Buffer) => void) | undefined;
  #space: (() => Buffer | undefined) | undefined;
  #unread: Buffer = NOTHING;
  /** More was asked for since the last chunk. */
  #isWanted = false;

  constructor() {
    const own = Buffer.allocUnsafeSlow(READ_BYTES);
    const onread: OnReadOpts = {
      buffer: () => this.#space?.() ?? own,
      callback: (bytes, buffer) => {
        this.#isWanted = false;
        this.#take?.((buffer as Buffer).subarray(0, bytes));
        return this.#isWanted;
      },
    };
    // Part of the constructor's options since Node 12; the types know them as those of `net.connect` only.
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread };
    super(options);
    this.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  }

  readBy(take: (chunk: Buffer) => void, space?: () => Buffer | undefined): void {
    this.#take = take;
    this.#space = space;
    const unread = this.#unread;
    this.#unread = NOTHING;
    if (unread.length > 0) take(unread);
  }

  unread(rest: Buffer): void {
    this.#unread = rest;
  }

  override resume(): this {
    this.#isWanted = true;
    return super.resume();
  }
}

/** While a FIN is on its way, libuv refuses to reset, and Node would then never close the socket. */
export function resetAtOnce(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
