import { Writable } from 'node:stream';
import { ProgressWatch } from '../wire/progress.js';
import type { Wire } from '../wire/wire.js';

/** How far the sender may be ahead of the slowest receiver's wire, in bytes. */
const BUFFER_BYTES = 256 * 1024;

export interface FanOutOptions {
  readonly stallTimeoutMs: number;
  readonly now: () => number;
  /** This one has taken nothing for the stall time. It is not written to any more. */
  readonly onStalled: (wire: Wire) => void;
}

/** Writes each chunk to every receiver, at the pace of the slowest one. */
export class FanOut extends Writable {
  readonly #options: FanOutOptions;
  readonly #wires: Set<Wire>;
  /** Receivers whose buffers are full, each with the watch on it. */
  readonly #full = new Map<Wire, ProgressWatch>();
  #next: (() => void) | undefined;

  constructor(wires: readonly Wire[], options: FanOutOptions) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#options = options;
    this.#wires = new Set(wires);
    for (const wire of wires) wire.stream.on('drain', () => this.#makeRoom(wire));
  }

  /** Goes on without this one. */
  drop(wire: Wire): void {
    this.#wires.delete(wire);
    this.#makeRoom(wire);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, next: () => void): void {
    for (const wire of this.#wires) {
      if (!wire.stream.write(chunk)) this.#full.set(wire, this.#watch(wire));
    }
    if (this.#full.size === 0) next();
    else this.#next = next;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    for (const wire of this.#wires) this.drop(wire);
    callback(error);
  }

  #watch(wire: Wire): ProgressWatch {
    const { stallTimeoutMs, now, onStalled } = this.#options;
    return new ProgressWatch({
      limitMs: stallTimeoutMs,
      now,
      towards: [wire],
      onStuck: () => {
        this.drop(wire);
        onStalled(wire);
      },
    });
  }

  #makeRoom(wire: Wire): void {
    this.#full.get(wire)?.stop();
    if (!this.#full.delete(wire) || this.#full.size > 0) return;
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }
}
