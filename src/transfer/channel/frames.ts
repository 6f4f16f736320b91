import { parseReply } from '../../protocol/parse-reply.js';
import { concat, NO_BYTES, viewOf } from '../bytes.js';
import { ProtocolError } from '../errors.js';

/** A frame is the length of its body, 32 bits big-endian, and the body. */
export const HEADER_BYTES = 4;

/**
 * The longest body. Because it is under 2^24, every frame starts with 0x00, and a relay's notice starts with 'D': the
 * first byte tells them apart.
 */
export const MAX_BODY_BYTES = 1024 * 1024 + 64;

/** Longest line that a relay may say between two frames, without its LF. */
const MAX_NOTICE_BYTES = 64;
const NOTICE_FIRST_BYTE = 'D'.charCodeAt(0);
const LF = 0x0a;
/** Bodies under this length come several in one read, and are copied where they are cut. */
const LONG_BODY_BYTES = 64 * 1024;

/** Why nothing more will be read from a stream. */
export type StreamEnd =
  /** The relay says that the line was cut. Anyone on the way can say so: it is never an end that counts as one. */
  { readonly notice: string } | { readonly error: ProtocolError };

/** The header of a body of `bodyBytes`. */
export function formatHeader(bodyBytes: number): Uint8Array {
  if (bodyBytes < 1 || bodyBytes > MAX_BODY_BYTES)
    throw new RangeError(`A body has 1 to ${MAX_BODY_BYTES} bytes.`);
  const header = new Uint8Array(HEADER_BYTES);
  viewOf(header).setUint32(0, bodyBytes);
  return header;
}

/** A frame of its own, header and body in one buffer: for the short messages of the key agreement. */
export function formatFrame(body: Uint8Array): Uint8Array {
  return concat([formatHeader(body.length), body]);
}

/**
 * Cuts a stream into bodies, however it arrives. Copies each byte at most once: a body that is whole inside one chunk is
 * not copied at all, nor is what was read into `space`. The others are put together in two buffers by turns. In one chunk
 * one body at most ends that began before it, and one begins that ends behind it; so the second never gets in the way of
 * the first.
 */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  /** The body that is being put together, and how much of it is there. */
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  /**
   * Where the next body is put together that comes in parts, and where the one before it was. As long as it took, and a
   * header longer: one read takes the rest of a body, and how long the next one is.
   */
  #free = NO_BYTES;
  #used = NO_BYTES;
  /** The notice that is being put together; empty outside of one. */
  #notice = '';
  #end: StreamEnd | undefined;

  /**
   * Set when the stream has ended for this reader; look at it after every `push`. It is no exception, so that the
   * bodies before it in the same chunk are not lost and it does not matter how the stream was cut into chunks.
   */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  /** True between two frames: a stream that stops elsewhere stops in the middle of one. */
  get isAtBoundary(): boolean {
    return this.#headerFilled === 0 && this.#body === undefined && this.#notice === '';
  }

  /** Where what comes next belongs, of a long body: the next chunk may be read into it. */
  get space(): Uint8Array | undefined {
    if (this.#body === undefined || this.#body.length < LONG_BODY_BYTES) return undefined;
    return this.#used.subarray(this.#bodyFilled, this.#body.length + HEADER_BYTES);
  }

  /**
   * The bodies that are complete with this chunk, in order. They are views, into `chunk` among others, and good until
   * the next call. What comes after the end is ignored.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bodies: Uint8Array[] = [];
    let offset = 0;
    while (offset < chunk.length && this.#end === undefined) {
      if (this.#body !== undefined) offset = this.#takeBody(this.#body, chunk, offset, bodies);
      else if (this.#notice !== '') offset = this.#takeNotice(chunk, offset);
      else if (this.#headerFilled === 0 && chunk[offset] === NOTICE_FIRST_BYTE)
        offset = this.#takeNotice(chunk, offset);
      else offset = this.#takeHeader(chunk, offset, bodies);
    }
    return bodies;
  }

  #takeHeader(chunk: Uint8Array, offset: number, bodies: Uint8Array[]): number {
    const copied = Math.min(chunk.length - offset, HEADER_BYTES - this.#headerFilled);
    this.#header.set(chunk.subarray(offset, offset + copied), this.#headerFilled);
    this.#headerFilled += copied;
    if (this.#header[0] !== 0) this.#fail();
    if (this.#headerFilled < HEADER_BYTES || this.#end !== undefined) return offset + copied;

    const length = viewOf(this.#header).getUint32(0);
    const start = offset + copied;
    if (length === 0 || length > MAX_BODY_BYTES) {
      this.#fail();
    } else if (chunk.length - start >= length) {
      this.#headerFilled = 0;
      bodies.push(chunk.subarray(start, start + length));
      return start + length;
    } else {
      this.#headerFilled = 0;
      this.#body = this.#take(length);
      this.#bodyFilled = 0;
    }
    return start;
  }

  /** @returns `length` bytes that nobody uses */
  #take(length: number): Uint8Array {
    const needed = length + HEADER_BYTES;
    const space = this.#free.length < needed ? new Uint8Array(needed) : this.#free;
    this.#free = this.#used;
    this.#used = space;
    return space.subarray(0, length);
  }

  #takeBody(body: Uint8Array, chunk: Uint8Array, offset: number, bodies: Uint8Array[]): number {
    const copied = Math.min(chunk.length - offset, body.length - this.#bodyFilled);
    const isInPlace =
      chunk.buffer === body.buffer && chunk.byteOffset + offset === body.byteOffset + this.#bodyFilled;
    if (!isInPlace) body.set(chunk.subarray(offset, offset + copied), this.#bodyFilled);
    this.#bodyFilled += copied;
    if (this.#bodyFilled === body.length) {
      this.#body = undefined;
      bodies.push(body);
    }
    return offset + copied;
  }

  #takeNotice(chunk: Uint8Array, offset: number): number {
    const room = offset + MAX_NOTICE_BYTES - this.#notice.length;
    const lineFeed = chunk.indexOf(LF, offset);
    const stop = Math.min(lineFeed < 0 ? chunk.length : lineFeed, room);
    this.#notice += String.fromCharCode(...chunk.subarray(offset, stop));
    if (lineFeed === stop && parseReply(this.#notice)?.kind === 'disconnected')
      this.#end = { notice: this.#notice };
    else if (lineFeed === stop || this.#notice.length === MAX_NOTICE_BYTES) this.#fail();
    return stop;
  }

  #fail(): void {
    this.#end = {
      error: new ProtocolError(
        'What arrived is neither a frame of the other side nor a notice of the relay.',
      ),
    };
  }
}
