import type { Socket } from 'node:net';
import { type BufferPool, LARGEST_BYTES, type PoolReader, SMALLEST_BYTES } from './buffer-pool.js';
import type { ReadTurns } from './read-turns.js';
import { aim, readInto, type ReadTarget } from './read-into.js';

/** Chunks up to this size are copied out, so that a few bytes do not hold a large buffer. */
const COPY_BYTES = 16 * 1024;
/** What a socket is left with that has nothing to read. */
const IDLE_BYTES = 4 * 1024;
/** How often one socket may be left so: each time costs some 50 bytes until it is closed. */
const MAX_RESTS = 1000;

/** Where what nobody wants is read to, by all sockets alike. */
const DISCARDED = Buffer.alloc(SMALLEST_BYTES);

/** What those who move much share. */
export interface BulkShare {
  readonly pool: BufferPool;
  readonly turns: ReadTurns;
}

export interface BulkReadsOptions {
  readonly socket: Socket;
  readonly pool: BufferPool;
  readonly onChunk: (chunk: Buffer) => void;
  /** Bytes that were given to `onChunk` and have not left this process yet. Rather too many than too few. */
  readonly unsent: () => number;
}

/**
 * Reads a socket in large steps, into buffers that are used again. (libuv alone reads 64 KiB at a time, each into a new
 * one.) A buffer is free only when the kernel has taken all that was read into it, since a write under way reads from
 * it; so each is kept with the count of bytes that must have left by then.
 */
export class BulkReads implements ReadTarget, PoolReader {
  readonly #options: BulkReadsOptions;
  /** What the socket reads into. */
  #current: Buffer;
  /** It is one of the pool's, and not in flight. */
  #isPooled = true;
  /** It holds what was read last, which is on its way. */
  #isInUse = false;
  /** Oldest first, and the count at which each has left. */
  readonly #inFlight: { readonly buffer: Buffer; readonly end: number }[] = [];
  /** Bytes that were given to `onChunk`. */
  #count = 0;
  #last = 0;
  #hasRead = true;
  #rests = 0;
  #isOver = false;

  /** Undefined where the pool has nothing left, or this Node's sockets cannot be read so. Then nothing has changed. */
  static start(options: BulkReadsOptions): BulkReads | undefined {
    const { pool, socket } = options;
    const first = pool.take(LARGEST_BYTES);
    if (first === undefined) return undefined;
    const reads = new BulkReads(options, first);
    if (readInto(socket, first, reads)) {
      pool.join(reads);
      return reads;
    }
    pool.give(first);
    // Closed in the meantime, it cannot be read at all.
    if (!socket.destroyed) pool.unsupported();
    return undefined;
  }

  private constructor(options: BulkReadsOptions, first: Buffer) {
    this.#options = options;
    this.#current = first;
  }

  take(bytes: number): boolean {
    const read = this.#current.subarray(0, bytes);
    if (this.#isOver) return this.#options.socket.push(read);
    this.#last = bytes;
    this.#hasRead = true;
    this.#count += bytes;
    this.#isInUse = bytes > COPY_BYTES;
    if (this.#isInUse && this.#isPooled) {
      this.#inFlight.push({ buffer: this.#current, end: this.#count });
      this.#isPooled = false;
    }
    this.#options.onChunk(this.#isInUse ? read : Buffer.from(read));
    // Whoever takes the chunks pauses the socket itself.
    return true;
  }

  next(): Buffer {
    this.#reclaim();
    const isFull = this.#last === this.#current.length;
    if (this.#isOver || (!this.#isInUse && !isFull)) return this.#current;
    this.#giveBack();
    const pooled = this.#options.pool.take(2 * this.#last);
    this.#isPooled = pooled !== undefined;
    // Nothing left: as a plain socket does, a new one for each read.
    this.#current = pooled ?? Buffer.allocUnsafeSlow(SMALLEST_BYTES);
    this.#isInUse = false;
    return this.#current;
  }

  rest(): void {
    this.#reclaim();
    const isIdle = !this.#hasRead && this.#current.length > IDLE_BYTES && this.#rests < MAX_RESTS;
    this.#hasRead = false;
    if (!isIdle || !this.#retarget(Buffer.allocUnsafeSlow(IDLE_BYTES))) return;
    this.#rests += 1;
  }

  /** From now on the socket gives 'data' again, of which only the length counts. */
  stop(): void {
    if (this.#isOver) return;
    this.#reclaim();
    this.#isOver = true;
    const { pool, socket } = this.#options;
    for (const { buffer } of this.#inFlight.splice(0)) pool.abandon(buffer);
    // One that is closed reads into nothing any more.
    if (!this.#retarget(DISCARDED) && socket.destroyed) this.#giveBack();
    pool.leave(this);
  }

  #retarget(buffer: Buffer): boolean {
    if (!aim(this.#options.socket, buffer)) return false;
    this.#giveBack();
    this.#current = buffer;
    this.#isInUse = false;
    return true;
  }

  /** The current one, unless it is in flight. */
  #giveBack(): void {
    if (this.#isPooled) this.#options.pool.give(this.#current);
    this.#isPooled = false;
  }

  #reclaim(): void {
    const left = this.#count - this.#options.unsent();
    for (let first = this.#inFlight[0]; first !== undefined && first.end <= left; first = this.#inFlight[0]) {
      this.#inFlight.shift();
      this.#options.pool.give(first.buffer);
    }
  }
}
