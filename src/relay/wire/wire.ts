import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How a stream was over: ended in order by its client, or cut by a reset, a failed keepalive, an error. */
export type StreamEnd = 'closed' | 'lost';

/**
 * A client's connection as those see it who move its bytes. What carries the bytes (TCP, TLS in it, messages in that) is
 * known to the wires alone: a new one is a new class that implements this.
 */
export interface Wire {
  /**
   * The bytes, both ways, with the manners of a half-open `net.Socket`: it pauses at once, takes back what is unshifted,
   * does not end its writable side by itself, emits 'end' behind the last byte, and 'close' when it is over, however that
   * came. An 'error' is always followed by 'close', and tells nothing more.
   */
  readonly stream: Duplex;
  /** The TCP connection under it. Its bytes are not to be touched. */
  readonly tcp: Socket;
  /** Bytes that were written to the stream, whether or not they have left. What frames or encrypts them does not count. */
  readonly bytesWritten: number;
  /**
   * How its bytes come: `raw`, as the kernel gives them, so that they can be read straight into pooled buffers; or by
   * `records`, of which a client can make many small ones, and hundreds come in one turn of the event loop.
   */
  readonly comes: 'raw' | 'records';
  /** Both sides have ended behind all they had, so that it closes by itself. */
  readonly isClosing: boolean;
  /** To be called at 'end', once. Calls back when it is known how the stream was over; 'close' may come before that. */
  tellEnd(tell: (end: StreamEnd) => void): void;
  /** Closes at once and throws away what has not left, so that what is cut does not look whole. */
  reset(): void;
}

/** Bytes that were written and that the kernel has not taken yet. A closed wire gives it nothing any more. */
export function unsentOf({ stream }: Wire): number {
  return stream.destroyed ? 0 : stream.writableLength;
}

/**
 * Closes at once: by FIN where everything was written, else by a reset, so that what is cut does not look whole.
 * (While a FIN is on its way, libuv refuses to reset, and Node would then never close the socket.)
 */
export function closeAbruptly(wire: Wire): void {
  const { stream } = wire;
  if (stream.writableEnded && stream.writableLength === 0) stream.destroy();
  else wire.reset();
}
