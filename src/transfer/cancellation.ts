/** What says that work is not wanted any more, and why. An `AbortSignal` is one. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal with its switch. It is set off once; what comes later changes nothing. */
export class Cancellation implements Signal {
  readonly #listeners = new Set<() => void>();
  readonly #above: Signal | undefined;
  readonly #onAbove = (): void => this.abort(this.#above?.reason);
  #cause: { readonly reason: unknown } | undefined;

  /** @param above sets this one off as well, until it is released */
  constructor(above?: Signal) {
    this.#above = above;
    if (above?.aborted === true) this.#onAbove();
    else above?.addEventListener('abort', this.#onAbove);
  }

  get aborted(): boolean {
    return this.#cause !== undefined;
  }

  get reason(): unknown {
    return this.#cause?.reason;
  }

  throwIfAborted(): void {
    if (this.#cause !== undefined) throw this.#cause.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(reason: unknown): void {
    if (this.#cause !== undefined) return;
    this.#cause = { reason };
    this.release();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Hears of the signal above no more. */
  release(): void {
    this.#above?.removeEventListener('abort', this.#onAbove);
  }
}
