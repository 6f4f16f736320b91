/** Everyone comes to it, then something is done once, then all go on. Who will not come has to say so: by coming. */
export class Gate<Guest> {
  /** All are here, and it begins. */
  readonly begun: Promise<void>;
  readonly #open: Promise<void>;
  readonly #missing: Set<Guest>;
  #begin: () => void = () => undefined;

  constructor(guests: Iterable<Guest>, work: () => Promise<void>) {
    this.#missing = new Set(guests);
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.#open = this.begun.then(work);
    this.#open.catch(() => undefined);
  }

  /** Resolves when it is done. */
  come(guest: Guest): Promise<void> {
    this.#missing.delete(guest);
    if (this.#missing.size === 0) this.#begin();
    return this.#open;
  }
}
