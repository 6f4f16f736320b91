import { ProtocolError } from '../errors.js';

/** Frames in which the other side may say nothing: so many at once, and one more a second. Honest is one in ten. */
const MAX_FRAMES = 1_000;
const MORE_EVERY_MS = 1_000;

/** How long the other side has said nothing but that it is there. It may do so for days, but not thousands of times a second. */
export class Quiet {
  readonly #clock: () => number;
  #frames = 0;
  #since = 0;

  /** @param clock in milliseconds, never going back */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A frame came. @throws ProtocolError */
  frame(): void {
    this.#frames += 1;
    if (this.#frames === 1) this.#since = this.#clock();
    if (this.#frames <= MAX_FRAMES) return;
    if (this.#frames > MAX_FRAMES + (this.#clock() - this.#since) / MORE_EVERY_MS)
      throw new ProtocolError('The other side says nothing, and says so without a pause.');
  }

  /** It said something. */
  over(): void {
    this.#frames = 0;
  }
}
