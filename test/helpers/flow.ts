import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { eventually } from './eventually.js';
import { dialRelay, type DialOptions, openRelay } from './tls.js';

const BLOCK_BYTES = 256 * 1024;

/** Bytes without a pattern, the same for the same seed: what is lost, doubled or out of order shows in their hash. */
export function* noiseBlocks(bytes: number, seed = 1): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
    yield cipher.update(Buffer.alloc(Math.min(left, BLOCK_BYTES)));
  }
}

export function noise(bytes: number, seed = 1): Buffer {
  return Buffer.concat([...noiseBlocks(bytes, seed)]);
}

export function sha256(...parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

export function noiseHash(bytes: number, seed = 1): string {
  const hash = createHash('sha256');
  for (const block of noiseBlocks(bytes, seed)) hash.update(block);
  return hash.digest('hex');
}

/** Writes so much noise as fast as it is taken; rejects where the socket fails. No FIN. */
export function feed(socket: Socket, bytes: number, seed = 1): Promise<void> {
  return pipeline(noiseBlocks(bytes, seed), socket, { end: false });
}

/** Writes until the writer stalls: nothing more was taken for half a second. How many bytes left this process. */
export async function feedUntilStalled(socket: Socket): Promise<number> {
  const [block] = noiseBlocks(BLOCK_BYTES);
  const left = (): number => socket.bytesWritten - socket.writableLength;
  for (;;) {
    if (socket.write(block!)) continue;
    const before = left();
    const drained = await Promise.race([
      once(socket, 'drain').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 500)),
    ]);
    if (!drained && left() === before) return left();
  }
}

export interface SinkOptions extends DialOptions {
  readonly line: string;
  /** Bytes of payload that are counted and hashed; what comes behind them is kept as text. */
  readonly payload?: number;
}

/** A TCP client that hashes what it reads and keeps none of it: for more than a test's memory should hold. */
export class Sink implements Disposable {
  readonly socket: Socket;
  count = 0;
  /** What came behind the payload. */
  rest = '';
  ended = false;
  error: NodeJS.ErrnoException | undefined;
  readonly #hash = createHash('sha256');
  readonly #payload: number;

  private constructor(socket: Socket, payload: number) {
    this.socket = socket;
    this.#payload = payload;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => (this.ended = true));
    socket.on('error', (error) => (this.error = error));
  }

  static async connect(
    port: number,
    { line, payload = Infinity, ...dialOptions }: SinkOptions,
  ): Promise<Sink> {
    const isPlain = dialOptions.tls === undefined;
    const socket = isPlain ? openRelay(port, dialOptions) : await dialRelay(port, dialOptions);
    const sink = new Sink(socket, payload);
    if (isPlain) await once(socket, 'connect');
    socket.write(line);
    return sink;
  }

  /** Reads at a rate from now on. Call what it returns to stop reading altogether. */
  readSlowly(bytesPerSecond: number): () => void {
    const startedAt = performance.now();
    const before = this.count;
    // Node asks the kernel for 64 KiB at a time, and hands them out at once.
    const pause = (): void => void this.socket.pause();
    const timer = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1000) * bytesPerSecond;
      if (this.count - before < due) this.socket.resume();
    }, 5);
    this.socket.on('data', pause);
    pause();
    return () => {
      clearInterval(timer);
      this.socket.off('data', pause);
      pause();
    };
  }

  /** Call it once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  async untilEnd(patienceMs?: number): Promise<void> {
    await eventually(() => {
      if (!this.ended) throw new Error(`no end after ${this.count} bytes and ${JSON.stringify(this.rest)}`);
    }, patienceMs);
  }

  async untilCount(bytes: number, patienceMs?: number): Promise<void> {
    await eventually(() => {
      if (this.count < bytes) throw new Error(`${this.count} bytes instead of ${bytes}`);
    }, patienceMs);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    const part = chunk.subarray(0, this.#payload - this.count);
    this.count += part.length;
    this.#hash.update(part);
    if (part.length < chunk.length) this.rest += chunk.subarray(part.length).toString('latin1');
  }
}
