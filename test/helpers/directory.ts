import type { Directory, Placement } from '../../src/relay/rooms/directory.js';
import { eventually } from './eventually.js';

/** A directory that answers when it is told to. */
export class SlowDirectory implements Directory {
  readonly released: string[] = [];
  readonly #asked: ((placement: Placement) => void)[] = [];

  /** Waits until so many wait for an answer. */
  untilAsked(count: number): Promise<void> {
    return eventually(() => {
      if (this.#asked.length !== count) throw new Error(`${this.#asked.length} wait for an answer`);
    });
  }

  place(): Promise<Placement> {
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  release(room: string): void {
    this.released.push(room);
  }

  /** Answers all who have asked so far. */
  answer(placement: Placement = 'here'): void {
    for (const resolve of this.#asked.splice(0)) resolve(placement);
  }
}
