/** An answer that takes longer was waited for, in milliseconds. */
const PROMPT_MS = 5;
/** So many questions are then asked by way of other threads, before it is tried here again. */
const LATER = 256;

/**
 * Asks a file system on this thread as long as it answers out of memory: a trip to another thread and back costs ten
 * times as much as such an answer. A disk or a network that has to be waited for is asked by way of other threads, several
 * questions at once, so that nothing else waits for it.
 */
export class Prompt {
  readonly #clock: () => number;
  #later = 0;

  /** @param clock in milliseconds, never going back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @param now and `later` ask the same, and fail with the same errors */
  ask<T>(now: () => T, later: () => Promise<T>): T | Promise<T> {
    if (this.#later > 0) {
      this.#later -= 1;
      return later();
    }
    const began = this.#clock();
    try {
      return now();
    } finally {
      if (this.#clock() - began > PROMPT_MS) this.#later = LATER;
    }
  }
}
