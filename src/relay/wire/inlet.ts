import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { READ_AHEAD_BYTES } from '../../protocol/limits.js';
import { BulkReads, type BulkShare } from './bulk/bulk-reads.js';
import type { TurnTaker } from './bulk/read-turns.js';
import { endOf, isSecured } from './tls-socket.js';

const EMPTY = Buffer.alloc(0);

/** Chunks under this size are copied together while nobody takes them: each by itself costs some 350 bytes. */
const SMALL_BYTES = 4 * 1024;

/** What libuv reads at once at most: a chunk of this size is the sign of more behind it. */
const FULL_READ_BYTES = 64 * 1024;

const INLET = Symbol('inlet');

interface InletSocket extends Socket {
  [INLET]: Inlet;
}

/** How a client's stream was over: by FIN, or by a reset, a failed keepalive, an error of its socket. */
export type StreamEnd = 'closed' | 'lost';

/**
 * The reading side of one client's socket, behind its handshake line.
 *
 * It stands between the socket and `stream.pipeline` for three reasons. It reads ahead while nobody takes
 * anything yet. It ends cleanly even when the socket is reset, so that what was read still goes out. And
 * a pipeline that fails destroys the inlet, not the socket, which may still have a notice to write.
 */
export class Inlet extends Readable implements TurnTaker {
  /** Payload bytes read so far. */
  bytes = 0;
  /** How the stream was over; undefined while it is not. Set before its last bytes are read out of the inlet. */
  end: StreamEnd | undefined;
  // The same for all sockets: closures for each would be 200 bytes more for every client that waits.
  static readonly #onData = function (this: InletSocket, chunk: Buffer): void {
    this[INLET].#take(chunk);
  };
  static readonly #onEnd = function (this: InletSocket): void {
    this[INLET].#atEnd();
  };
  static readonly #onClose = function (this: InletSocket): void {
    this[INLET].#atClose();
  };

  /** Called for each chunk that comes in. */
  onBytes: (bytes: number) => void = ignore;
  /** Called once, when `end` is set. */
  onEnd: (end: StreamEnd) => void = ignore;
  /** Called once somebody can take something, or never will. */
  #onMore: () => void = ignore;

  readonly #socket: Socket;
  /** Nobody takes anything yet: no more than the read-ahead comes in. */
  #ahead = true;
  /** Small chunks that nobody has taken yet, copied together: so many bytes of it are filled. */
  #gathered: Buffer = EMPTY;
  #filled = 0;
  /** Defined in a turn of the event loop in which a small chunk came over TLS. */
  #turn: NodeJS.Immediate | undefined;
  /** What those who move much share; from `open` on. */
  #share: BulkShare | undefined;
  #unsent: (() => number) | undefined;
  #bulk: BulkReads | undefined;
  /** The last read was a full one: there is more where it came from. */
  #isBulky = false;

  constructor(socket: Socket, surplus: Buffer) {
    super({ highWaterMark: READ_AHEAD_BYTES });
    this.#socket = socket;
    if (surplus.length > 0) this.#take(surplus);
    (socket as InletSocket)[INLET] = this;
    socket.on('data', Inlet.#onData).on('end', Inlet.#onEnd).on('close', Inlet.#onClose);
  }

  /**
   * From now on somebody takes what comes, and the reader's pace is the limit.
   *
   * @param unsent bytes that were taken and have not left this process yet; without it, large buffers are not used
   */
  open(share?: BulkShare, unsent?: () => number): void {
    this.#ahead = false;
    this.#share = share;
    this.#unsent = unsent;
    this.#flush();
    if (this.readableLength < this.readableHighWaterMark) this.#socket.resume();
  }

  /** Resolves when there is a byte to take (true), or will never be one (false). For when nothing is piped yet. */
  async hasMore(): Promise<boolean> {
    if (!this.#isSettled()) await new Promise<void>((resolve) => (this.#onMore = resolve));
    return !this.destroyed && this.readableLength + this.#filled > 0;
  }

  #isSettled(): boolean {
    return this.readableLength + this.#filled > 0 || this.end !== undefined || this.destroyed;
  }

  /** No more is read from the socket: what is here already goes out, and then it counts as lost. */
  cut(): void {
    this.#detach();
    this.#finish('lost');
  }

  /** Takes out all that was read ahead, and leaves the socket alone. */
  empty(): Buffer {
    this.#flush();
    const chunks: Buffer[] = [];
    // (Node 26 gives one chunk at a time where others give all at once.)
    for (let chunk = readRest(this); chunk !== null; chunk = readRest(this)) chunks.push(chunk);
    this.destroy();
    return Buffer.concat(chunks);
  }

  override _read(): void {
    // Asked for ahead of a taker who is behind: with buffers of this size, only what is taken is read.
    if (this.#bulk !== undefined && this.isPaused()) return;
    if (!this.#ahead || this.bytes < READ_AHEAD_BYTES) this.#readOn();
  }

  /** The taker is ready again. (A pipe does not call `read` where it was called already, and gave nothing.) */
  override resume(): this {
    if (this.#bulk !== undefined) this.#readOn();
    return super.resume();
  }

  onTurn(): void {
    if (this.#bulk === undefined || !this.isPaused()) this.#socket.resume();
  }

  /** Whoever moves much waits for its turn. */
  #readOn(): void {
    const turns = this.#share?.turns;
    if (this.#isBulky && turns?.isSpent === true) turns.wait(this);
    else this.#socket.resume();
  }

  /** Whoever takes something takes what was gathered too. */
  override read(size?: number): Buffer {
    if (size !== 0) this.#flush();
    // Null where nothing is there; Node's types say otherwise of every stream.
    return super.read(size) as Buffer;
  }

  /** So much of what is here at most; undefined where that is nothing. */
  readUpTo(bytes: number): Buffer | undefined {
    this.#flush();
    const count = Math.min(bytes, this.readableLength);
    return count > 0 ? this.read(count) : undefined;
  }

  /** Leaves the socket alone from now on; it is its owner's to end. */
  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detach();
    this.#onMore();
    this.onBytes = this.onEnd = this.#onMore = ignore;
    callback();
  }

  #detach(): void {
    this.#socket.off('data', Inlet.#onData).off('end', Inlet.#onEnd).off('close', Inlet.#onClose);
    this.#share?.turns.leave(this);
    this.#share = undefined;
    this.#bulk?.stop();
    this.#bulk = undefined;
  }

  #take(chunk: Buffer): void {
    const room = this.#ahead ? READ_AHEAD_BYTES - this.bytes : Infinity;
    if (chunk.length > room) {
      this.#socket.pause();
      this.#socket.unshift(chunk.subarray(room));
      chunk = chunk.subarray(0, room);
    }
    this.bytes += chunk.length;
    this.onBytes(chunk.length);
    this.#onMore();
    const isTaken = !this.#ahead && !this.isPaused() && this.readableLength === 0;
    const isFollower = chunk.length < SMALL_BYTES && this.#followsInTurn();
    if ((isTaken && !isFollower) || chunk.length >= SMALL_BYTES) {
      this.#flush();
      this.push(chunk);
    } else {
      this.#gather(chunk);
    }
    this.#afterRead(chunk.length);
  }

  #afterRead(bytes: number): void {
    const { turns } = this.#share ?? {};
    this.#isBulky = bytes >= FULL_READ_BYTES;
    if (this.#isBulky) turns?.spend();
    const isBehind = this.#bulk !== undefined && this.isPaused();
    if (isBehind || this.readableLength + this.#filled >= this.readableHighWaterMark) {
      this.#socket.pause();
    } else if (this.#isBulky && turns?.isSpent === true) {
      this.#socket.pause();
      turns.wait(this);
    }
    if (this.#isBulky && this.#bulk === undefined && this.#socket.readableLength === 0)
      this.#bulk = this.#startBulk();
  }

  #startBulk(): BulkReads | undefined {
    const unsent = this.#unsent;
    if (this.#share === undefined || unsent === undefined || isSecured(this.#socket)) return undefined;
    return BulkReads.start({
      socket: this.#socket,
      pool: this.#share.pool,
      onChunk: (chunk) => this.#take(chunk),
      unsent: () => this.readableLength + this.#filled + unsent(),
    });
  }

  /**
   * TLS gives each record by itself, hundreds in one turn of the event loop where they are of one byte. To pass each on by
   * itself would cost ten times what it costs to read it: after the first, those of one turn go on together.
   */
  #followsInTurn(): boolean {
    if (this.#ahead || !isSecured(this.#socket)) return false;
    if (this.#turn !== undefined) return true;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      if (!this.destroyed) this.#flush();
    });
    return false;
  }

  #gather(chunk: Buffer): void {
    if (this.#filled === 0) {
      this.#gathered = chunk;
      this.#filled = chunk.length;
      return;
    }
    if (this.#filled + chunk.length > this.#gathered.length) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(SMALL_BYTES, 2 * this.#gathered.length));
      this.#gathered.copy(roomier, 0, 0, this.#filled);
      this.#gathered = roomier;
    }
    this.#filled += chunk.copy(this.#gathered, this.#filled);
  }

  #flush(): void {
    if (this.#filled === 0 || this.end !== undefined) return;
    const gathered = this.#gathered.subarray(0, this.#filled);
    this.#gathered = EMPTY;
    this.#filled = 0;
    this.push(gathered);
  }

  #atEnd(): void {
    const told = endOf(this.#socket);
    if (told === 'closed') return this.#finish('closed');
    // Nothing can be made of the rest of such a connection.
    if (told === 'lost') return void this.#socket.destroy();
    // A reset right behind data comes out of libuv as a plain end. An empty write tells the two apart. Where other
    // writes stand before it they fail instead, within the same turn of the event loop; once our own FIN was sent,
    // nothing tells.
    const finish = (failed: boolean): void => this.#finish(failed ? 'lost' : 'closed');
    if (this.#socket.writableEnded || this.#socket.writableLength > 0) {
      setImmediate(() => finish(this.#socket.errored !== null));
    } else {
      this.#socket.write('', (error) => finish(error instanceof Error));
    }
  }

  #atClose(): void {
    // What the socket had read before it failed is still in its buffer.
    let rest = this.#ahead ? null : readRest(this.#socket);
    for (; rest !== null; rest = readRest(this.#socket)) this.#take(rest);
    this.#finish('lost');
  }

  #finish(end: StreamEnd): void {
    if (this.end !== undefined || this.destroyed) return;
    this.#flush();
    this.end = end;
    this.onEnd(end);
    this.#onMore();
    this.push(null);
  }
}

function readRest(stream: Readable): Buffer | null {
  return stream.read() as Buffer | null;
}

function ignore(): void {
  // Nobody listens yet, or any more.
}
