import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Applied, Direction, Toxics } from './toxics.js';

/** Bytes that are on their way before the lane stops to read. */
const HELD_BYTES = 256 * 1024;

/** How much time a lane that came late may make up for. */
const CATCH_UP_MS = 50;

export interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly toxics: Toxics;
  readonly random: () => number;
  /** What becomes of a chunk; undefined: it is swallowed. `end` puts a FIN behind it, and nothing follows. */
  readonly change: (chunk: Buffer, offset: number, end: () => void) => Buffer | undefined;
  /** Resets the whole connection. */
  readonly reset: () => void;
}

interface Item {
  /** Bytes, or how the stream was over. */
  content: Buffer | 'fin' | 'reset';
  readonly arrivedAt: number;
  /** Where in the jitter it falls: -1 to 1. */
  readonly luck: number;
}

/** One direction of one connection through a proxy: bytes, then a FIN or a reset, in order, and what toxics make of them. */
export class Lane {
  /** Bytes that came out at its end. */
  passed = 0;
  /** A FIN came out behind them. */
  isFinished = false;
  readonly #options: LaneOptions;
  readonly #queue: Item[] = [];
  readonly #limits = new Map<Applied, number>();
  readonly #stopListening: () => void;
  #held = 0;
  /** When what went before has had its time. */
  #freeAt = 0;
  #offset = 0;
  #isOver = false;
  #isClosed = false;
  #isCarrying = false;
  #wake: () => void = () => undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    const { from, direction, toxics } = options;
    for (const { applied } of toxics.of('limit_data', direction)) this.#limits.set(applied, 0);
    this.#stopListening = toxics.onChange(() => this.#wake());
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#put('fin'));
    // A reset does not overtake what came before it.
    from.on('error', () => this.#put('reset'));
  }

  /** Drops what is on its way. */
  close(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#stopListening();
    this.#wake();
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    const end = (): void => {
      this.#isOver = true;
      queueMicrotask(() => this.#put('fin'));
    };
    const changed = this.#options.change(chunk, this.#offset, end);
    this.#offset += chunk.length;
    if (changed !== undefined && changed.length > 0) this.#put(changed);
  }

  #put(content: Item['content']): void {
    if (this.#isClosed) return;
    if (content instanceof Buffer) this.#held += content.length;
    if (this.#held >= HELD_BYTES) this.#options.from.pause();
    this.#queue.push({ content, arrivedAt: performance.now(), luck: 2 * this.#options.random() - 1 });
    if (!this.#isCarrying) void this.#carry();
  }

  async #carry(): Promise<void> {
    this.#isCarrying = true;
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      await this.#untilDue(item);
      if (this.#isClosed) return;
      const { content } = item;
      if (typeof content === 'string') return this.#finish(content);
      const piece = this.#slice(content);
      if (piece.length === content.length) this.#queue.shift();
      else item.content = content.subarray(piece.length);
      this.#held -= piece.length;
      if (this.#held < HELD_BYTES) this.#options.from.resume();
      if (!(await this.#write(piece))) return;
      await this.#rest(piece.length);
    }
    this.#isCarrying = false;
  }

  async #untilDue({ content, arrivedAt, luck }: Item): Promise<void> {
    const { toxics, direction } = this.#options;
    while (!this.#isClosed) {
      const isSilent = toxics.of('timeout', direction).length > 0;
      const latencies = toxics
        .of('latency', direction)
        .map(({ toxic: { ms, jitterMs = 0 } }) => ms + jitterMs * luck);
      const closings = content === 'fin' ? toxics.of('slow_close', direction) : [];
      const delay = [...latencies, ...closings.map(({ toxic }) => toxic.ms)].reduce((a, b) => a + b, 0);
      const left = isSilent ? Infinity : arrivedAt + delay - performance.now();
      if (left <= 0) return;
      await this.#pause(left);
    }
  }

  #slice(content: Buffer): Buffer {
    const [slicer] = this.#options.toxics.of('slicer', this.#options.direction);
    if (slicer === undefined) return content;
    const { averageBytes, variationBytes } = slicer.toxic;
    const length = Math.round(averageBytes + variationBytes * (2 * this.#options.random() - 1));
    return content.subarray(0, Math.max(1, length));
  }

  /** False where it was the last. */
  async #write(piece: Buffer): Promise<boolean> {
    const { to, toxics, direction, reset } = this.#options;
    for (const { applied, toxic } of toxics.of('limit_data', direction)) {
      const before = this.#limits.get(applied) ?? 0;
      this.#limits.set(applied, before + piece.length);
      if (before + piece.length < toxic.bytes) continue;
      const last = piece.subarray(0, Math.max(0, toxic.bytes - before));
      this.passed += last.length;
      this.#options.from.resume();
      if (toxic.by === 'fin') this.#end(last);
      else if (to.writable) to.write(last, reset);
      else reset();
      this.#isOver = true;
      this.#queue.length = 0;
      return false;
    }
    this.passed += piece.length;
    // What goes to a side that is gone is read and thrown away, as the network does.
    if (to.writable && !to.write(piece)) {
      const controller = new AbortController();
      const gone = (): void => controller.abort();
      to.once('close', gone);
      await once(to, 'drain', { signal: controller.signal }).catch(() => undefined);
      to.off('close', gone);
    }
    return !this.#isClosed;
  }

  /** The time that so many bytes take by themselves. What came late because this process was busy is caught up with. */
  async #rest(bytes: number): Promise<void> {
    const { toxics, direction } = this.#options;
    const [slicer] = toxics.of('slicer', direction);
    const rates = toxics.of('bandwidth', direction).map(({ toxic }) => (1000 * bytes) / toxic.bytesPerSecond);
    const ms = (slicer?.toxic.gapMs ?? 0) + rates.reduce((a, b) => a + b, 0);
    if (ms === 0) return;
    this.#freeAt = Math.max(this.#freeAt, performance.now() - CATCH_UP_MS) + ms;
    for (let left = this.#left(); left > 1 && !this.#isClosed; left = this.#left()) {
      await this.#pause(left);
      if (toxics.of('bandwidth', direction).length < rates.length) this.#freeAt = 0;
    }
  }

  #left(): number {
    return this.#freeAt - performance.now();
  }

  #finish(how: 'fin' | 'reset'): void {
    this.#queue.length = 0;
    if (how === 'reset') this.#options.reset();
    else this.#end();
  }

  #end(last?: Buffer): void {
    const { to } = this.#options;
    this.isFinished = true;
    if (!to.writable) return;
    if (last === undefined) to.end();
    else to.end(last);
  }

  /** Until so much time is over, the toxics are others, or the lane is closed. */
  async #pause(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
