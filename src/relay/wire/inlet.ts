import { type Duplex, Readable } from 'node:stream';
import { READ_AHEAD_BYTES } from '../../protocol/limits.js';
import { BulkReads, type BulkShare } from './bulk/bulk-reads.js';
import type { TurnTaker } from './bulk/read-turns.js';
import type { StreamEnd, Wire } from './wire.js';

const EMPTY = Buffer.alloc(0);

/** Chunks under this size are copied together while nobody takes them: each by itself costs some 350 bytes. */
const SMALL_BYTES = 4 * 1024;

/** What libuv reads at once at most: a chunk of this size is the sign of more behind it. */
const FULL_READ_BYTES = 64 * 1024;

const INLET = Symbol('inlet');

interface InletStream extends Duplex {
  [INLET]: Inlet;
}

/**
 * The reading side of one client's wire, behind its greeting.
 *
 * It stands between the wire and `stream.pipeline` for three reasons. It reads ahead while nobody takes
 * anything yet. It ends cleanly even when the connection is reset, so that what was read still goes out. And
 * a pipeline that fails destroys the inlet, not the wire, which may still have a notice to write.
 */
export class Inlet extends Readable implements TurnTaker {
  /** Payload bytes read so far. */
  bytes = 0;
  /** How the stream was over; undefined while it is not. Set before its last bytes are read out of the inlet. */
  end: StreamEnd | undefined;
  // The same for all wires: closures for each would be 200 bytes more for every client that waits.
  static readonly #onData = function (this: InletStream, chunk: Buffer): void {
    this[INLET].#take(chunk);
  };
  static readonly #onEnd = function (this: InletStream): void {
    this[INLET].#atEnd();
  };
  static readonly #onClose = function (this: InletStream): void {
    this[INLET].#atClose();
  };

  /** Called for each chunk that comes in. */
  onBytes: (bytes: number) => void = ignore;
  /** Called once, when `end` is set. */
  onEnd: (end: StreamEnd) => void = ignore;
  /** Called once somebody can take something, or never will. */
  #onMore: () => void = ignore;

  readonly #wire: Wire;
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

  constructor(wire: Wire, surplus: Buffer) {
    super({ highWaterMark: READ_AHEAD_BYTES });
    this.#wire = wire;
    if (surplus.length > 0) this.#take(surplus);
    (wire.stream as InletStream)[INLET] = this;
    wire.stream.on('data', Inlet.#onData).on('end', Inlet.#onEnd).on('close', Inlet.#onClose);
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
    if (this.readableLength < this.readableHighWaterMark) this.#wire.stream.resume();
  }

  /** Resolves when there is a byte to take (true), or will never be one (false). For when nothing is piped yet. */
  async hasMore(): Promise<boolean> {
    if (!this.#isSettled()) await new Promise<void>((resolve) => (this.#onMore = resolve));
    return !this.destroyed && this.readableLength + this.#filled > 0;
  }

  #isSettled(): boolean {
    return this.readableLength + this.#filled > 0 || this.end !== undefined || this.destroyed;
  }

  /** No more is read from the wire: what is here already goes out, and then it counts as lost. */
  cut(): void {
    this.#detach();
    this.#finish('lost');
  }

  /** Takes out all that was read ahead, and leaves the wire alone. */
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
    if (this.#bulk === undefined || !this.isPaused()) this.#wire.stream.resume();
  }

  /** Whoever moves much waits for its turn. */
  #readOn(): void {
    const turns = this.#share?.turns;
    if (this.#isBulky && turns?.isSpent === true) turns.wait(this);
    else this.#wire.stream.resume();
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

  /** Leaves the wire alone from now on; it is its owner's to end. */
  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detach();
    this.#onMore();
    this.onBytes = this.onEnd = this.#onMore = ignore;
    callback();
  }

  #detach(): void {
    this.#wire.stream.off('data', Inlet.#onData).off('end', Inlet.#onEnd).off('close', Inlet.#onClose);
    this.#share?.turns.leave(this);
    this.#share = undefined;
    this.#bulk?.stop();
    this.#bulk = undefined;
  }

  #take(chunk: Buffer): void {
    const room = this.#ahead ? READ_AHEAD_BYTES - this.bytes : Infinity;
    if (chunk.length > room) {
      this.#wire.stream.pause();
      this.#wire.stream.unshift(chunk.subarray(room));
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
      this.#wire.stream.pause();
    } else if (this.#isBulky && turns?.isSpent === true) {
      this.#wire.stream.pause();
      turns.wait(this);
    }
    if (this.#isBulky && this.#bulk === undefined && this.#wire.stream.readableLength === 0)
      this.#bulk = this.#startBulk();
  }

  #startBulk(): BulkReads | undefined {
    const unsent = this.#unsent;
    if (this.#share === undefined || unsent === undefined || this.#wire.comes !== 'raw') return undefined;
    return BulkReads.start({
      socket: this.#wire.tcp,
      pool: this.#share.pool,
      onChunk: (chunk) => this.#take(chunk),
      unsent: () => this.readableLength + this.#filled + unsent(),
    });
  }

  /**
   * TLS, for one, gives each record by itself, hundreds in one turn of the event loop where they are of one byte. To pass each on by
   * itself would cost ten times what it costs to read it: after the first, those of one turn go on together.
   */
  #followsInTurn(): boolean {
    if (this.#ahead || this.#wire.comes !== 'records') return false;
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
    this.#wire.tellEnd((end) => this.#finish(end));
  }

  #atClose(): void {
    // What the stream had read before it failed is still in its buffer.
    let rest = this.#ahead ? null : readRest(this.#wire.stream);
    for (; rest !== null; rest = readRest(this.#wire.stream)) this.#take(rest);
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
